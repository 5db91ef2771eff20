-- What folding changes that is more than one character. Each step is taken only where the text has what it changes.
CREATE FUNCTION plain_writing(t text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    year text[];
BEGIN
    -- Soft hyphens, joiners, marks of direction, variation selectors: 葛 in 葛城市 says by one how it is drawn.
    t := regexp_replace(t, U&'[\0001\00AD\034F\061C\180B-\180F\200B-\200F\202A-\202E\2060-\206F\FE00-\FE0F\FEFF\+0E0100-\+0E01EF]', '', 'g');
    IF t ~ 'ー' THEN
        t := regexp_replace(t, '([ぁ-ゖァ-ヺ])ー+', '\1', 'g');
    END IF;
    IF t ~ 'ヴ' THEN
        t := replace(replace(replace(replace(replace(t, 'ヴァ', 'バ'), 'ヴィ', 'ビ'), 'ヴェ', 'ベ'), 'ヴォ', 'ボ'), 'ヴ', 'ブ');
    END IF;
    IF t ~ '[0-9],[0-9]{3}' THEN
        t := regexp_replace(t, '(?<=[0-9]),(?=[0-9]{3}(?![0-9]))', '', 'g');
    END IF;
    IF t ~ '[0-9][‐‑‒–—―−〜~-][0-9]' THEN
        t := regexp_replace(t, '(?<=[0-9])[‐‑‒–—―−〜~-](?=[0-9])', '~', 'g');
    END IF;
    IF t ~ '令和|平成|昭和' THEN
        FOR year IN
            SELECT DISTINCT written FROM regexp_matches(t, '(令和|平成|昭和)(元|[0-9]{1,2}|[一二三四五六七八九十]{1,3})年', 'g') AS written
        LOOP
            t := replace(t, year[1] || year[2] || '年', (
                CASE year[1] WHEN '令和' THEN 2018 WHEN '平成' THEN 1988 ELSE 1925 END
                + CASE WHEN year[2] = '元' THEN 1 WHEN year[2] ~ '^[0-9]' THEN year[2]::int ELSE japanese_number(year[2]) END
            ) || '年');
        END LOOP;
    END IF;
    IF t ~ '\(株\)|東京都|議会' THEN
        t := replace(replace(t, '(株)', '株式会社'), '東京都', '東京ǀ都');
        t := regexp_replace(t, '([協審評合])議会', '\1議ǀ会', 'g');
    END IF;
    RETURN t;
END
$$;

-- A number below 100 as 二十三 writes it.
CREATE FUNCTION japanese_number(t text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN t LIKE '%十%'
        THEN 10 * greatest(1, strpos('一二三四五六七八九', split_part(t, '十', 1)) * (split_part(t, '十', 1) <> '')::int)
            + strpos('一二三四五六七八九', split_part(t, '十', 2)) * (split_part(t, '十', 2) <> '')::int
        ELSE strpos('一二三四五六七八九', t) END;

-- Folding: the one definition of what counts as the same in search. Compatibility forms (NFKC), case, what is not seen, katakana
-- and hiragana with small vowels as large ones, long marks in katakana words, ヴ, dashes, waves, commas in numbers, years of an era
-- and of our time, 株式会社, small ヵ and ヶ, and characters that only look different: look-alikes, and the old and variant forms that are in
-- names of bodies or are written there (but 嶋 is not 島: 鹿嶋市 is not 鹿島市).
-- A word that would seem to have another one in it gets a border, ǀ, at which the other ends: 東京都 has no 京都, 協議会 no 議会.
-- `translate` looks every character up in its whole list, so it is given only the pieces that have what it changes.
CREATE FUNCTION fold(t text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(
            CASE at % 2 WHEN 0 THEN translate(piece, changed, same) ELSE piece END, '' ORDER BY at
        ), '')
        FROM (VALUES (
            'ァアィイゥウェエォオぁぃぅぇぉカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノ'
            'ハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶゕゖ'
            '‐‑‒–—―−〜⻲⻑⻯⻄⻘⻤髙﨑'
            '龍檜條澤濱邊邉鹽竈竃鰺檮諫舘曾瀨廣國關峯渕渊冨櫻榮當會惠壽眞莊與來萬臺樂氣瀧豐雙寶嵜戀戶灣滿溫澁澀縣發禮穐稻穗絲總繩藝藏蘆讀鄕埜'
            '隱靜驒黑帶歸兒劍劔區增壹賣姬對巢彌禰德攝橫淺燒霸觀輕靑礪湧壯龜邨籠淸豫餘萠'
            '亞惡壓圍醫爲營衞驛圓緣艷奧應歐毆黃穩假價畫壞懷繪槪擴殼覺學嶽渴鐮勸卷歡罐陷顏僞戲犧舊據擧虛峽挾敎狹堯曉驅勳薰羣徑'
            '揭溪經繼莖螢鷄擊缺儉圈檢權獻硏險顯驗嚴效恆鑛號碎濟齋劑册雜參慘棧蠶贊殘齒辭濕實舍寫釋收從獸縱肅處緖敍奬將涉稱證乘'
            '剩壤孃淨狀疊穰讓釀囑觸寢愼晉盡圖粹醉隨髓數樞聲齊竊專戰潛纖踐錢禪搜插爭聰裝騷臟屬續墮體滯擇單擔膽團彈斷癡遲晝蟲鑄'
            '廳徵聽敕鎭遞鐵轉點傳黨盜燈獨屆貳惱腦廢拜麥髮拔蠻甁拂佛竝變辨辯瓣舖襃沒飜槇默餠藥譯譽搖樣謠遙賴亂覽兩獵綠壘淚勵隸'
            '靈齡曆歷鍊爐勞樓郞祿錄逹燿凉尙步每靭瑤稅說銳脫悅閱內晚產彥顚塡頰剝絕絃戾卽飮廚',
            'ああいいううええおおあいうえおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねの'
            'はばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔかけかけ'
            '-------~亀長竜西青鬼高崎'
            '竜桧条沢浜辺辺塩釜釜鯵梼諌館曽瀬広国関峰淵淵富桜栄当会恵寿真荘与来万台楽気滝豊双宝崎恋戸湾満温渋渋県発礼秋稲穂糸総縄芸蔵芦読郷野'
            '隠静騨黒帯帰児剣剣区増壱売姫対巣弥祢徳摂横浅焼覇観軽青砺涌壮亀村篭清予余萌'
            '亜悪圧囲医為営衛駅円縁艶奥応欧殴黄穏仮価画壊懐絵概拡殻覚学岳渇鎌勧巻歓缶陥顔偽戯犠旧拠挙虚峡挟教狭尭暁駆勲薫群径'
            '掲渓経継茎蛍鶏撃欠倹圏検権献研険顕験厳効恒鉱号砕済斎剤冊雑参惨桟蚕賛残歯辞湿実舎写釈収従獣縦粛処緒叙奨将渉称証乗'
            '剰壌嬢浄状畳穣譲醸嘱触寝慎晋尽図粋酔随髄数枢声斉窃専戦潜繊践銭禅捜挿争聡装騒臓属続堕体滞択単担胆団弾断痴遅昼虫鋳'
            '庁徴聴勅鎮逓鉄転点伝党盗灯独届弐悩脳廃拝麦髪抜蛮瓶払仏並変弁弁弁舗褒没翻槙黙餅薬訳誉揺様謡遥頼乱覧両猟緑塁涙励隷'
            '霊齢暦歴錬炉労楼郎禄録達耀涼尚歩毎靱瑶税説鋭脱悦閲内晩産彦顛填頬剥絶弦戻即飲厨'
        )) AS characters (changed, same),
        LATERAL unnest(string_to_array(
            regexp_replace(plain_writing(lower(normalize(t, NFKC))), '([' || changed || ']+)', chr(1) || '\1' || chr(1), 'g'), chr(1)
        )) WITH ORDINALITY AS pieces (piece, at)
    );

-- The same for names of places, in which ヶ, ケ and が between two kanji are one: 龍ケ崎, 龍ヶ崎, 竜が崎.
CREATE FUNCTION fold_name(t text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN regexp_replace(replace(fold(t), 'ǀ', ''), '(?<=[一-鿿])[けがか](?=[一-鿿])', 'け', 'g');

-- The grams of a folded text: at every place the four characters from there on within a run of letters and digits, fewer at
-- its end. What is shorter than four characters is where a gram begins with it. Between runs stands NULL, as after the last.
CREATE FUNCTION grams(folded text, mark text DEFAULT '') RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(array_to_tsvector(array_agg(
            mark || coalesce(first || second || third || fourth, first || second || third, first || second, first)
        )), '')
        FROM string_to_array(regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g'), NULL, ' ') AS characters,
            LATERAL unnest(characters, characters[2:], characters[3:], characters[4:]) AS from_there (first, second, third, fourth)
        WHERE first IS NOT NULL
    );

-- The words of a text that are of katakana or of Latin letters, folded: such a word is found whole, and not inside a longer one.
CREATE FUNCTION whole_words(t text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_to_array(fold(string_agg(DISTINCT found[1], ' ')), ' '), '{}')
        FROM regexp_matches(lower(normalize(t, NFKC)), '([ァ-ヺ][ァ-ヺー]*|[a-z][a-z0-9]*)', 'g') AS found
    );

-- What such words, and readings of names, which are found by their beginning, are as grams.
CREATE FUNCTION word_grams(words text[], kana text[], mark text DEFAULT '') RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_to_tsvector(
        ARRAY(SELECT mark || '=' || word FROM unnest(words) AS word UNION SELECT mark || '~' || fold(reading) FROM unnest(kana) AS reading)
    );

-- What readers read of a case, as pure functions of its rows. A field of a case has its place in `case_record` (the contract's
-- record) or in `case_extra` (what pages and files show beside it); every text of a case is searched unless `case_texts` names it.

-- A time as the contract writes it: ISO 8601 of Japan, which has had no summer time since 1951.
CREATE FUNCTION in_japan(at timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT AS $$ SELECT to_char(at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') $$;

-- What editors write of the case itself: all but its keys and what steers it.
CREATE FUNCTION case_written(c catalog_case) RETURNS jsonb
    LANGUAGE sql STABLE AS $$
    SELECT to_jsonb(c) - '{id,slug,status,withdrawn_reason,withdrawn_pointer,first_published_at,version,created_at,updated_at}'::text[]
$$;

-- A digest of what a case says, by which a body that has confirmed it is known to have confirmed this (decision 0028): its texts
-- and rows, their order, and its place in the source; not how it is classified, nor when a contact was last checked.
CREATE FUNCTION case_content(c catalog_case) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        case_written(c) - 'section_id',
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position,contact_checked_on}'::text[] ORDER BY r.position, r.id)
         FROM catalog_casebody r WHERE r.case_id = c.id),
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position}'::text[] ORDER BY r.position, r.id) FROM catalog_figure r WHERE r.case_id = c.id),
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position}'::text[] ORDER BY r.position, r.id) FROM catalog_link r WHERE r.case_id = c.id),
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position}'::text[] ORDER BY r.position, r.id) FROM catalog_similarbody r WHERE r.case_id = c.id),
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position}'::text[] ORDER BY r.position, r.id) FROM catalog_fact r WHERE r.case_id = c.id),
        (SELECT jsonb_agg(to_jsonb(r) - '{id,case_id,position}'::text[] ORDER BY r.position, r.id) FROM catalog_followed r WHERE r.case_id = c.id)
    )::text, 'UTF8')), 'hex')
$$;

-- JSON and not jsonb, which would put the keys in an order of its own.
CREATE FUNCTION case_record(c catalog_case) RETURNS json
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'slug', c.slug,
        'title', c.title,
        'step', json_build_object('number', step.number, 'title', coalesce(step.title, '')),
        'section', json_build_object('id', coalesce(section.id, ''), 'title', coalesce(section.title, '')),
        'topics', coalesce((
            SELECT json_agg(json_build_object('id', t.slug, 'title', t.title) ORDER BY t.position, t.slug)
            FROM catalog_case_topics ct JOIN catalog_topic t ON t.id = ct.topic_id WHERE ct.case_id = c.id
        ), '[]'),
        'points', c.points,
        'background', c.background,
        'approach', c.approach,
        'outcome', c.outcome,
        'figures', coalesce((
            SELECT json_agg(json_build_object('label', f.label, 'value', f.value) ORDER BY f.position, f.id)
            FROM catalog_figure f WHERE f.case_id = c.id
        ), '[]'),
        'facts', coalesce((
            SELECT json_agg(
                json_build_object(
                    'kind', f.kind, 'label', f.label, 'before', trim_scale(f.before), 'value', trim_scale(f.value), 'unit', f.unit,
                    'text', f.text, 'grade', f.grade, 'page', f.page, 'answered_by', f.answered_by_id, 'answered_on', f.answered_on
                ) ORDER BY f.position, f.id
            )
            FROM catalog_fact f WHERE f.case_id = c.id
        ), '[]'),
        'bodies', coalesce((
            SELECT json_agg(
                json_build_object(
                    'code', b.code, 'name', b.name, 'kana', b.kana, 'kind', b.kind,
                    'prefecture', json_build_object('code', p.code, 'name', p.name),
                    'population', b.population, 'population_as_of', b.population_as_of,
                    'population_source', population_source.title, 'population_band', b.population_band,
                    'website', b.website, 'telephone', b.telephone, 'address', b.address,
                    'abolished_on', b.abolished_on,
                    'successor', (
                        SELECT json_build_object('code', s.code, 'name', s.name, 'prefecture', sp.name)
                        FROM catalog_body s JOIN catalog_prefecture sp ON sp.code = s.prefecture_id WHERE s.code = b.successor_id
                    ),
                    'note', cb.note,
                    'contact', CASE WHEN cb.contact_checked_on IS NOT NULL THEN json_build_object(
                        'section', cb.contact_section, 'telephone', cb.contact_telephone, 'email', cb.contact_email,
                        'checked_on', cb.contact_checked_on
                    ) END
                ) ORDER BY cb.position, cb.id
            )
            FROM catalog_casebody cb
            JOIN catalog_body b ON b.code = cb.body_id
            JOIN catalog_prefecture p ON p.code = b.prefecture_id
            LEFT JOIN catalog_populationsource population_source ON population_source.slug = b.population_source_id
            WHERE cb.case_id = c.id
        ), '[]'),
        'links', coalesce((
            SELECT json_agg(json_build_object('url', l.url, 'label', l.label) ORDER BY l.position, l.id)
            FROM catalog_link l WHERE l.case_id = c.id
        ), '[]'),
        'references', c."references",
        'similar', json_build_object('open_ended', c.similar_open_ended, 'bodies', coalesce((
            SELECT json_agg(
                json_build_object(
                    'code', b.code, 'name', b.name, 'prefecture', json_build_object('code', p.code, 'name', p.name),
                    'note', s.note, 'url', nullif(s.url, '')
                ) ORDER BY s.position, s.id
            )
            FROM catalog_similarbody s
            JOIN catalog_body b ON b.code = s.body_id
            JOIN catalog_prefecture p ON p.code = b.prefecture_id
            WHERE s.case_id = c.id
        ), '[]')),
        'followed', coalesce((
            SELECT json_agg(
                json_build_object(
                    'role', f.role, 'code', b.code, 'name', b.name,
                    'prefecture', json_build_object('code', p.code, 'name', p.name), 'note', f.note,
                    'page', f.page, 'answered_by', f.answered_by_id, 'answered_on', f.answered_on
                ) ORDER BY f.position, f.id
            )
            FROM catalog_followed f
            JOIN catalog_body b ON b.code = f.body_id
            JOIN catalog_prefecture p ON p.code = b.prefecture_id
            WHERE f.case_id = c.id
        ), '[]'),
        'year', c.year,
        'source', json_build_object(
            'title', coalesce(source.title || source.edition, ''), 'kind', coalesce(source.kind, 'casebook'),
            'url', coalesce(source.url, ''), 'page', c.page, 'order', c."order", 'heading', c.heading
        ),
        -- The bodies whose last word on just this content was that it is right. Nothing is digested where nobody was asked.
        'confirmed', coalesce((
            SELECT json_agg(json_build_object('body', said.body_id, 'month', left(in_japan(said.answered_at), 7)) ORDER BY cb.position, cb.id)
            FROM (
                SELECT DISTINCT ON (body_id) body_id, verdict, answered_at
                FROM catalog_confirmation
                WHERE case_id = c.id AND answered_at IS NOT NULL AND revoked_at IS NULL AND content = case_content(c)
                ORDER BY body_id, answered_at DESC
            ) AS said
            JOIN catalog_casebody cb ON cb.case_id = c.id AND cb.body_id = said.body_id
            WHERE said.verdict = 'right'
        ), '[]'),
        'updated_at', in_japan(c.updated_at)
    )
    FROM (SELECT) AS one -- a draft may have neither yet
    LEFT JOIN catalog_section section ON section.id = c.section_id
    LEFT JOIN catalog_step step ON step.number = section.step_id
    LEFT JOIN catalog_source source ON source.id = c.source_id
$$;

CREATE FUNCTION case_extra(c catalog_case) RETURNS json
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'status', c.status,
        'editor_note', c.editor_note,
        'publisher', coalesce(source.publisher, ''),
        'published_on', source.published_on,
        'read_on', source.read_on,
        'terms', coalesce(source.terms, ''),
        'created_at', in_japan(c.created_at),
        'dead_links', coalesce((
            SELECT json_object_agg(checked.url, in_japan(checked.checked_at) ORDER BY checked.url)
            FROM catalog_linkcheck checked
            WHERE checked.outcome = 'dead' AND checked.url IN (
                SELECT l.url FROM catalog_link l WHERE l.case_id = c.id
                UNION SELECT s.url FROM catalog_similarbody s WHERE s.case_id = c.id
            )
        ), '{}')
    )
    FROM (SELECT) AS one LEFT JOIN catalog_source source ON source.id = c.source_id
$$;

-- The folded texts of a case, by what a hit in them is worth: title, head (points, bodies), and all together; and the words in
-- them that are found whole.
CREATE FUNCTION case_texts(c catalog_case, OUT title text, OUT head text, OUT folded text, OUT words tsvector)
    LANGUAGE sql STABLE AS $$
    SELECT
        each.title, each.head, concat_ws(E'\n', each.title, each.head, each.rest),
        word_grams(each.title_words, '{}', '*') || word_grams(each.head_words, each.kana, '+')
            || word_grams(each.title_words || each.head_words || each.rest_words, each.kana || each.similar_kana)
    FROM (
        SELECT
            fold(written.title) AS title, fold(written.head) AS head, fold(written.rest) AS rest,
            whole_words(written.title) AS title_words, whole_words(written.head) AS head_words,
            whole_words(written.rest) AS rest_words, written.kana, written.similar_kana
        FROM (
            SELECT
                c.title,
                concat_ws(E'\n', array_to_string(c.points, E'\n'), own.names) AS head,
                concat_ws(
                    E'\n',
                    -- Every text of the case that is not named here, so that a new one is searched.
                    (SELECT string_agg(value, E'\n') FROM jsonb_each_text(
                        case_written(c) - '{title,points,references,similar_open_ended,section_id,source_id,page,order,year}'::text[]
                    )),
                    -- The catalogue's own words for it.
                    (SELECT concat_ws(E'\n', section.title, step.title)
                     FROM catalog_section section JOIN catalog_step step ON step.number = section.step_id
                     WHERE section.id = c.section_id),
                    array_to_string(c."references", E'\n'),
                    (SELECT string_agg(cb.note, E'\n' ORDER BY cb.id) FROM catalog_casebody cb WHERE cb.case_id = c.id),
                    (SELECT string_agg(concat_ws(' ', f.label, f.value), E'\n' ORDER BY f.id)
                     FROM catalog_figure f WHERE f.case_id = c.id),
                    (SELECT string_agg(concat_ws(' ', f.label, f.text), E'\n' ORDER BY f.id) FROM catalog_fact f WHERE f.case_id = c.id),
                    (SELECT string_agg(t.title, E'\n' ORDER BY t.id)
                     FROM catalog_case_topics ct JOIN catalog_topic t ON t.id = ct.topic_id WHERE ct.case_id = c.id),
                    other.names
                ) AS rest,
                coalesce(own.kana, '{}') AS kana, coalesce(other.kana, '{}') AS similar_kana
            FROM (
                SELECT string_agg(concat_ws(' ', p.name || b.name, p.kana || b.kana, b.name, b.kana), E'\n' ORDER BY cb.id) AS names,
                    array_agg(DISTINCT b.kana) AS kana
                FROM catalog_casebody cb
                JOIN catalog_body b ON b.code = cb.body_id
                JOIN catalog_prefecture p ON p.code = b.prefecture_id
                WHERE cb.case_id = c.id
            ) AS own, (
                SELECT string_agg(concat_ws(' ', p.name || b.name, b.kana, s.note), E'\n' ORDER BY s.id) AS names,
                    array_agg(DISTINCT b.kana) AS kana
                FROM (
                    SELECT id, body_id, note FROM catalog_similarbody WHERE case_id = c.id
                    UNION ALL SELECT id, body_id, note FROM catalog_followed WHERE case_id = c.id
                ) AS s
                JOIN catalog_body b ON b.code = s.body_id
                JOIN catalog_prefecture p ON p.code = b.prefecture_id
            ) AS other
            OFFSET 0  -- or each text would be put together as often as it is named above
        ) AS written
        OFFSET 0  -- and folded as often
    ) AS each
$$;

-- The filters (contract, 1) that a fact satisfies: an effect with a number, any cost.
CREATE FUNCTION fact_filters(f catalog_fact) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN f.kind = 'effect' AND f.grade <> 'stated' THEN '{effect}'::text[]
        WHEN f.kind IN ('cost_initial', 'cost_yearly') THEN '{cost}' ELSE '{}' END;

-- What is long stands apart from the row, so that a search, and whoever builds an index, goes through little more than keys.
ALTER TABLE catalog_casedocument SET (toast_tuple_target = 128);
ALTER TABLE catalog_casedocument
    ALTER topics SET STORAGE MAIN, ALTER bodies SET STORAGE MAIN, ALTER mentions SET STORAGE MAIN,
    ALTER stated SET STORAGE MAIN;
ALTER TABLE catalog_casegrams SET (toast_tuple_target = 128),
    ADD FOREIGN KEY (case_id) REFERENCES catalog_casedocument ON DELETE CASCADE;

-- The documents of these cases as their rows are now; nothing is written. Grams are made only where a text differs: they take most
-- of the time. Those of title and head are there once more, with a mark, so that the rank of a hit is known without its text.
CREATE FUNCTION made_case_documents(ids bigint[]) RETURNS TABLE (
    case_id bigint, slug text, is_public boolean, made_in bigint, record json, extra json, section text, source bigint,
    page smallint, "order" smallint, year smallint, updated_at timestamptz, topics text[], bodies text[], mentions text[],
    stated text[], title text, head text, folded text, words tsvector, grams tsvector
)
    LANGUAGE sql STABLE AS $$
    SELECT
        c.id, c.slug, c.status = 'published', (SELECT coalesce(max(number), 0) FROM catalog_catalogueversion),
        case_record(c), case_extra(c), coalesce(c.section_id, ''), coalesce(c.source_id, 0), c.page, c."order", c.year, c.updated_at,
        ARRAY(SELECT t.slug FROM catalog_case_topics ct JOIN catalog_topic t ON t.id = ct.topic_id WHERE ct.case_id = c.id),
        ARRAY(SELECT body_id FROM catalog_casebody WHERE case_id = c.id ORDER BY position, id),
        ARRAY(SELECT body_id FROM catalog_similarbody WHERE case_id = c.id
            UNION SELECT body_id FROM catalog_followed WHERE case_id = c.id ORDER BY body_id),
        ARRAY(SELECT DISTINCT unnest(fact_filters(f)) AS name FROM catalog_fact f WHERE f.case_id = c.id ORDER BY name),
        texts.title, texts.head, texts.folded, texts.words,
        CASE WHEN (known.title, known.head, known.folded, known.words) = (texts.title, texts.head, texts.folded, texts.words)
            AND known_grams.grams IS NOT NULL
        THEN known_grams.grams
        ELSE grams(texts.folded) || grams(texts.title, '*') || grams(texts.head, '+') || texts.words END
    FROM catalog_case c
    CROSS JOIN LATERAL case_texts(c) AS texts
    LEFT JOIN catalog_casedocument known ON known.case_id = c.id
    LEFT JOIN catalog_casegrams known_grams ON known_grams.case_id = c.id
    WHERE c.id = ANY (ids)
$$;

-- Puts the documents that the query `made` gives of these cases, and then their grams, in the place of those that there are: in this
-- order, in which whoever locks documents first waits for nobody who has their grams.
CREATE FUNCTION keep_case_documents(made text, ids bigint[]) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    columns text := 'case_id, slug, is_public, made_in, record, extra, section, source, page, "order", year, updated_at, topics, bodies,
        mentions, stated, title, head, folded, words';
BEGIN
    EXECUTE 'WITH made AS MATERIALIZED (' || made || '), kept AS (
    INSERT INTO catalog_casedocument (' || columns || ') SELECT ' || columns || $query$ FROM made ORDER BY case_id
    ON CONFLICT (case_id) DO UPDATE SET
        slug = excluded.slug, is_public = excluded.is_public, made_in = excluded.made_in,
        record = excluded.record, extra = excluded.extra, section = excluded.section, source = excluded.source,
        page = excluded.page, "order" = excluded."order", year = excluded.year, updated_at = excluded.updated_at,
        topics = excluded.topics, bodies = excluded.bodies, mentions = excluded.mentions,
        stated = excluded.stated,
        title = excluded.title, head = excluded.head, folded = excluded.folded, words = excluded.words
    RETURNING case_id
    )
    INSERT INTO catalog_casegrams AS known (case_id, grams)
    SELECT case_id, grams FROM kept JOIN made USING (case_id) ORDER BY case_id
    ON CONFLICT (case_id) DO UPDATE SET grams = excluded.grams WHERE known.grams <> excluded.grams
    $query$ USING ids;
END
$$;

-- The one list of what contributes: each table with the cases that its rows speak of, as a query on `changed`, rows of it.
CREATE FUNCTION contributing_tables() RETURNS TABLE (name text, cases text)
    LANGUAGE sql IMMUTABLE AS $$
    VALUES
        ('case', 'SELECT id FROM changed'),
        ('casebody', 'SELECT case_id FROM changed'),
        ('similarbody', 'SELECT case_id FROM changed'),
        ('link', 'SELECT case_id FROM changed'),
        ('figure', 'SELECT case_id FROM changed'),
        ('fact', 'SELECT case_id FROM changed'),
        ('followed', 'SELECT case_id FROM changed'),
        ('case_topics', 'SELECT case_id FROM changed'),
        ('confirmation', 'SELECT case_id FROM changed'),
        ('topic', 'SELECT ct.case_id FROM catalog_case_topics ct JOIN changed ON changed.id = ct.topic_id'),
        ('section', 'SELECT c.id FROM catalog_case c JOIN changed ON changed.id = c.section_id'),
        ('step', 'SELECT c.id FROM catalog_case c JOIN catalog_section s ON s.id = c.section_id JOIN changed ON changed.number = s.step_id'),
        ('source', 'SELECT c.id FROM catalog_case c JOIN changed ON changed.id = c.source_id'),
        ('body', 'SELECT r.case_id FROM (SELECT code FROM changed UNION
            SELECT b.code FROM catalog_body b JOIN changed ON b.successor_id = changed.code) AS changed JOIN
            (SELECT body_id, case_id FROM catalog_casebody UNION ALL SELECT body_id, case_id FROM catalog_similarbody
            UNION ALL SELECT body_id, case_id FROM catalog_followed) r
            ON r.body_id = changed.code'),
        ('populationsource', 'SELECT cb.case_id FROM catalog_casebody cb JOIN catalog_body b ON b.code = cb.body_id
            JOIN changed ON changed.slug = b.population_source_id'),
        ('prefecture', 'SELECT r.case_id FROM changed JOIN catalog_body named ON named.prefecture_id = changed.code
            JOIN catalog_body b ON named.code IN (b.code, b.successor_id) JOIN
            (SELECT body_id, case_id FROM catalog_casebody UNION ALL SELECT body_id, case_id FROM catalog_similarbody
            UNION ALL SELECT body_id, case_id FROM catalog_followed) r
            ON r.body_id = b.code'),
        ('linkcheck', 'SELECT r.case_id FROM changed JOIN
            (SELECT url, case_id FROM catalog_link UNION ALL SELECT url, case_id FROM catalog_similarbody) r
            ON changed.outcome = ''dead'' AND r.url = changed.url')
$$;

-- Makes the documents of these cases anew, in the order of their keys, and lets those of deleted cases go.
CREATE FUNCTION refresh_case_documents(ids bigint[]) RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM catalog_casedocument d
    WHERE d.case_id = ANY (ids) AND NOT EXISTS (SELECT FROM catalog_case c WHERE c.id = d.case_id);
    SELECT keep_case_documents('SELECT * FROM made_case_documents($1)', ids);
$$;

-- Every row, as it is now, of the tables that contribute and are not of cases: lists, and what is known of links.
CREATE FUNCTION contributing_lists() RETURNS TABLE (name text, content jsonb)
    LANGUAGE plpgsql STABLE AS $$
BEGIN
    FOR name IN SELECT one.name FROM contributing_tables() AS one WHERE one.cases !~ '^SELECT (case_)?id FROM changed$' LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(t) FROM %I t', name, 'catalog_' || name);
    END LOOP;
END
$$;

-- Of these cases those that speak of a row which is not as it was in lists_before.
CREATE FUNCTION cases_of_changed_lists(ids bigint[]) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
DECLARE
    changed record;
    found bigint[];
    concerned bigint[] := '{}';
BEGIN
    CREATE TEMP TABLE changed_lists ON COMMIT DROP AS
        (TABLE lists_before EXCEPT SELECT * FROM contributing_lists())
        UNION ALL (SELECT * FROM contributing_lists() EXCEPT TABLE lists_before);
    FOR changed IN SELECT name, cases FROM contributing_tables() WHERE name IN (SELECT name FROM changed_lists) LOOP
        EXECUTE format(
            'WITH changed AS (SELECT whole.* FROM changed_lists one, jsonb_populate_record(NULL::%I, one.content) AS whole WHERE one.name = %L)
            SELECT array_agg(id) FROM (%s) AS of_changed (id) WHERE id = ANY ($1)',
            'catalog_' || changed.name, changed.name, changed.cases
        ) INTO found USING ids;
        concerned := concerned || coalesce(found, '{}');
    END LOOP;
    DROP TABLE changed_lists;
    RETURN concerned;
END
$$;

-- Puts documents made aside in their places and locks the version, in the order in which others wait least: the version at last.
-- Somebody who has the version and waits for one of these documents is given way to; at the third time the version comes first.
-- Gives the number of the version; `stale` are the cases whose documents others have made anew after `before`.
CREATE FUNCTION place_documents_made_aside(ids bigint[], before bigint, OUT number_now bigint, OUT stale bigint[])
    LANGUAGE plpgsql AS $$
DECLARE
    way text;
BEGIN
    FOREACH way IN ARRAY '{yield,yield,insist}'::text[] LOOP
        BEGIN
            IF way = 'insist' THEN
                PERFORM FROM catalog_catalogueversion FOR UPDATE;
            END IF;
            PERFORM FROM catalog_casedocument WHERE case_id = ANY (ids) ORDER BY case_id FOR UPDATE;
            SELECT array_agg(case_id) INTO stale FROM catalog_casedocument WHERE case_id = ANY (ids) AND made_in > before;
            PERFORM keep_case_documents('SELECT * FROM documents_made_aside WHERE case_id = ANY ($1)', ids);
            DELETE FROM catalog_casedocument d
            WHERE d.case_id = ANY (ids) AND NOT EXISTS (SELECT FROM catalog_case c WHERE c.id = d.case_id);
            PERFORM set_config('lock_timeout', CASE way WHEN 'yield' THEN '500ms' ELSE '0' END, true);
            SELECT number INTO number_now FROM catalog_catalogueversion FOR UPDATE;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            NULL;  -- what was written in this block is undone, and its locks are given back
        END;
    END LOOP;
END
$$;

-- Settles what a transaction owes that writes very many rows (sql/0001_version.sql). What takes long is done while nobody waits for
-- it. Documents of which others have changed something meanwhile are made anew.
CREATE FUNCTION settle_many_rows() RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    before bigint;
    placed record;
    new_cases bigint[];
    other_cases bigint[];
    patience text := current_setting('lock_timeout');
BEGIN
    IF NOT EXISTS (SELECT FROM catalog_due WHERE xid = pg_current_xact_id()) THEN
        RETURN;
    END IF;
    SELECT coalesce(max(number), 0) INTO before FROM catalog_catalogueversion;
    CREATE TEMP TABLE lists_before ON COMMIT DROP AS SELECT * FROM contributing_lists();
    SELECT
        coalesce(array_agg(due.case_id) FILTER (WHERE d.case_id IS NULL), '{}'),
        coalesce(array_agg(due.case_id) FILTER (WHERE d.case_id IS NOT NULL), '{}')
    INTO new_cases, other_cases
    FROM catalog_due due LEFT JOIN catalog_casedocument d ON d.case_id = due.case_id
    WHERE due.xid = pg_current_xact_id() AND due.case_id <> 0;
    DELETE FROM catalog_due WHERE xid = pg_current_xact_id();
    PERFORM refresh_case_documents(new_cases);
    CREATE TEMP TABLE documents_made_aside ON COMMIT DROP AS SELECT * FROM made_case_documents(other_cases);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    SELECT * INTO placed FROM place_documents_made_aside(other_cases, before);
    PERFORM set_config('lock_timeout', patience, true);
    PERFORM move_version('list');
    PERFORM refresh_case_documents(placed.stale);
    IF placed.number_now > before THEN
        PERFORM refresh_case_documents(cases_of_changed_lists(new_cases || other_cases));
    END IF;
    DROP TABLE documents_made_aside, lists_before;
END
$$;

-- A document that is gone has no number that would tell of it, so indexes are made anew.
CREATE FUNCTION tell_that_documents_went() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    UPDATE catalog_catalogueversion SET followed_from = number;
    RETURN NULL;
END
$$;

CREATE TRIGGER case_documents_went AFTER DELETE ON catalog_casedocument
    FOR EACH ROW EXECUTE FUNCTION tell_that_documents_went();
CREATE TRIGGER case_documents_went_all AFTER TRUNCATE ON catalog_casedocument
    FOR EACH STATEMENT EXECUTE FUNCTION tell_that_documents_went();

CREATE FUNCTION refresh_all_case_documents() RETURNS void
    LANGUAGE sql AS $$
    SELECT refresh_case_documents(ARRAY(SELECT id FROM catalog_case UNION SELECT case_id FROM catalog_casedocument));
$$;

-- The cases whose grams match. The planner does not price the unpacking of grams and would read the whole table for a
-- common word, ten times slower than the index: so this one query is planned without that way.
CREATE FUNCTION cases_found_by(query tsquery) RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan = off
    AS $$ SELECT array_agg(case_id) FROM catalog_casegrams WHERE grams @@ query $$;

-- After each statement on a table that contributes: refreshes each case concerned once, however many rows were written. The
-- argument is a query on `changed`, the rows written that are not the same as before, and gives the cases; that the version of a
-- case counts up with its rows (sql/0001_case_version.sql) is no change. A loader of very many rows may SET LOCAL
-- catalog.documents = 'later' and call refresh_all_case_documents() in the same transaction.
CREATE FUNCTION follow_in_case_documents() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    changed text;
    ids bigint[];
BEGIN
    IF current_setting('catalog.documents', true) = 'later' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM refresh_all_case_documents();
        RETURN NULL;
    END IF;
    changed := CASE TG_OP
        WHEN 'INSERT' THEN 'TABLE came'
        WHEN 'DELETE' THEN 'TABLE gone'
        ELSE $query$
            SELECT * FROM gone WHERE to_jsonb(gone) - 'version' NOT IN (SELECT to_jsonb(came) - 'version' FROM came)
            UNION ALL
            SELECT * FROM came WHERE to_jsonb(came) - 'version' NOT IN (SELECT to_jsonb(gone) - 'version' FROM gone)
        $query$
    END;
    EXECUTE format('WITH changed AS (%s) SELECT array_agg(DISTINCT id) FROM (%s) AS concerned (id)', changed, TG_ARGV[0]) INTO ids;
    IF ids IS NULL THEN
        RETURN NULL;
    ELSIF is_writing_many() THEN
        PERFORM note_due(ids);
    ELSE
        PERFORM refresh_case_documents(ids);
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    contributing record;
    event text;
    rows_of_event text;
BEGIN
    FOR contributing IN SELECT * FROM contributing_tables()
    LOOP
        FOREACH event IN ARRAY ARRAY['insert', 'update', 'delete', 'truncate']
        LOOP
            rows_of_event := CASE event
                WHEN 'insert' THEN 'REFERENCING NEW TABLE AS came'
                WHEN 'update' THEN 'REFERENCING OLD TABLE AS gone NEW TABLE AS came'
                WHEN 'delete' THEN 'REFERENCING OLD TABLE AS gone'
                ELSE ''
            END;
            EXECUTE format(
                'CREATE TRIGGER %I AFTER %s ON %I %s FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_documents(%L)',
                'case_documents_follow_' || event, event, 'catalog_' || contributing.name, rows_of_event, contributing.cases
            );
        END LOOP;
    END LOOP;
END
$$;
