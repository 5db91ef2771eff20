-- Folding: the one definition of what counts as the same in search. Compatibility forms (NFKC), case, katakana and
-- hiragana, dashes, waves, a long mark at the end of a katakana word, and characters that only look different.
-- `translate` looks every character up in its whole list, so it is given only the pieces that have what it changes.
CREATE FUNCTION fold(t text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(string_agg(
            CASE at % 2 WHEN 0 THEN translate(piece, changed, same) ELSE piece END, '' ORDER BY at
        ), '')
        FROM (VALUES (
            'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノ'
            'ハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ'
            '‐‑‒–—―−〜⻲⻑⻯⻄⻘⻤髙﨑',
            'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねの'
            'はばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ'
            '-------~亀長竜西青鬼高崎'
        )) AS characters (changed, same),
        LATERAL unnest(string_to_array(
            regexp_replace(
                regexp_replace(replace(lower(normalize(t, NFKC)), chr(1), ''), '([ァ-ヺ])ー(?![ァ-ヺー])', '\1', 'g'),
                '([' || changed || ']+)', chr(1) || '\1' || chr(1), 'g'
            ), chr(1)
        )) WITH ORDINALITY AS pieces (piece, at)
    );

-- The grams of a folded text: at every place the four characters from there on within a run of letters and digits, fewer at
-- its end. What is shorter than four characters is where a gram begins with it.
CREATE FUNCTION grams(folded text, mark text DEFAULT '') RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT coalesce(array_to_tsvector(array_agg(
            mark || first || coalesce(second, '') || coalesce(third, '') || coalesce(fourth, '')
        )), '')
        FROM regexp_split_to_table(folded, '[^[:alnum:]]+') AS run,
            LATERAL string_to_array(run, NULL) AS characters,
            LATERAL unnest(characters, characters[2:], characters[3:], characters[4:]) AS from_there (first, second, third, fourth)
    );

-- What readers read of a case, as pure functions of its rows. A field of a case has its place in `case_record` (the contract's
-- record) or in `case_extra` (what pages and files show beside it); every text of a case is searched unless `case_texts` names it.

-- A time as the contract writes it: ISO 8601 of Japan, which has had no summer time since 1951.
CREATE FUNCTION in_japan(at timestamptz) RETURNS text
    LANGUAGE sql STABLE STRICT AS $$ SELECT to_char(at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD"T"HH24:MI:SS"+09:00"') $$;

-- JSON and not jsonb, which would put the keys in an order of its own.
CREATE FUNCTION case_record(c catalog_case) RETURNS json
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'slug', c.slug,
        'title', c.title,
        'step', json_build_object('number', step.number, 'title', step.title),
        'section', json_build_object('id', section.id, 'title', section.title),
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
        'bodies', coalesce((
            SELECT json_agg(
                json_build_object(
                    'code', b.code, 'name', b.name, 'kana', b.kana, 'kind', b.kind,
                    'prefecture', json_build_object('code', p.code, 'name', p.name),
                    'population', b.population, 'population_as_of', b.population_as_of, 'population_band', b.population_band,
                    'note', cb.note
                ) ORDER BY cb.position, cb.id
            )
            FROM catalog_casebody cb
            JOIN catalog_body b ON b.code = cb.body_id
            JOIN catalog_prefecture p ON p.code = b.prefecture_id
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
        'source', json_build_object(
            'title', source.title || source.edition, 'page', c.page, 'order', c."order", 'heading', c.heading
        ),
        'updated_at', in_japan(c.updated_at)
    )
    FROM catalog_section section
    JOIN catalog_step step ON step.number = section.step_id
    CROSS JOIN catalog_source source
    WHERE section.id = c.section_id AND source.id = c.source_id
$$;

CREATE FUNCTION case_extra(c catalog_case) RETURNS json
    LANGUAGE sql STABLE AS $$
    SELECT json_build_object(
        'status', c.status,
        'editor_note', c.editor_note,
        'publisher', source.publisher,
        'published_on', source.published_on,
        'terms', source.terms,
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
    FROM catalog_source source WHERE source.id = c.source_id
$$;

-- The folded texts of a case, by what a hit in them is worth: title, head (points, bodies), and all together.
CREATE FUNCTION case_texts(c catalog_case, OUT title text, OUT head text, OUT folded text)
    LANGUAGE sql STABLE AS $$
    SELECT texts.title, texts.head, concat_ws(E'\n', texts.title, texts.head, texts.rest)
    FROM (
        SELECT
            fold(c.title) AS title,
            fold(concat_ws(
                E'\n',
                array_to_string(c.points, E'\n'),
                (SELECT string_agg(concat_ws(' ', p.name || b.name, p.kana || b.kana, b.name, b.kana), E'\n' ORDER BY cb.id)
                 FROM catalog_casebody cb
                 JOIN catalog_body b ON b.code = cb.body_id
                 JOIN catalog_prefecture p ON p.code = b.prefecture_id
                 WHERE cb.case_id = c.id)
            )) AS head,
            fold(concat_ws(
                E'\n',
                -- Every text of the case that is not named here, so that a new one is searched.
                (SELECT string_agg(value, E'\n') FROM jsonb_each_text(
                    to_jsonb(c) - '{id,slug,title,points,references,similar_open_ended,section_id,source_id,page,order}'::text[]
                    - '{status,withdrawn_reason,withdrawn_pointer,version,created_at,updated_at}'::text[]
                )),
                array_to_string(c."references", E'\n'),
                (SELECT string_agg(cb.note, E'\n' ORDER BY cb.id) FROM catalog_casebody cb WHERE cb.case_id = c.id),
                (SELECT string_agg(concat_ws(' ', f.label, f.value), E'\n' ORDER BY f.id)
                 FROM catalog_figure f WHERE f.case_id = c.id),
                (SELECT string_agg(t.title, E'\n' ORDER BY t.id)
                 FROM catalog_case_topics ct JOIN catalog_topic t ON t.id = ct.topic_id WHERE ct.case_id = c.id),
                (SELECT string_agg(concat_ws(' ', p.name || b.name, b.kana, s.note), E'\n' ORDER BY s.id)
                 FROM catalog_similarbody s
                 JOIN catalog_body b ON b.code = s.body_id
                 JOIN catalog_prefecture p ON p.code = b.prefecture_id
                 WHERE s.case_id = c.id)
            )) AS rest
        OFFSET 0  -- or each text would be folded as often as it is named above
    ) AS texts
$$;

-- What is long stands apart from the row, so that a search, and whoever builds an index, goes through little more than keys.
ALTER TABLE catalog_casedocument SET (toast_tuple_target = 128);
ALTER TABLE catalog_casedocument
    ALTER topics SET STORAGE MAIN, ALTER bodies SET STORAGE MAIN, ALTER mentions SET STORAGE MAIN;

-- Makes the documents of these cases anew, in the order of their keys, and lets those of deleted cases go. Grams are made only
-- where a text differs: they take most of the time. Those of title and head are there once more, with a mark, so that the
-- rank of a hit is known without its text.
CREATE FUNCTION refresh_case_documents(ids bigint[]) RETURNS void
    LANGUAGE sql AS $$
    DELETE FROM catalog_casedocument d
    WHERE d.case_id = ANY (ids) AND NOT EXISTS (SELECT FROM catalog_case c WHERE c.id = d.case_id);
    INSERT INTO catalog_casedocument (
        case_id, slug, is_public, made_in, record, extra, section, source, page, "order", updated_at, topics, bodies, mentions,
        title, head, folded, grams
    )
    SELECT
        c.id, c.slug, c.status = 'published', (SELECT coalesce(max(number), 0) FROM catalog_catalogueversion),
        case_record(c), case_extra(c), c.section_id, c.source_id, c.page, c."order", c.updated_at,
        ARRAY(SELECT t.slug FROM catalog_case_topics ct JOIN catalog_topic t ON t.id = ct.topic_id WHERE ct.case_id = c.id),
        ARRAY(SELECT body_id FROM catalog_casebody WHERE case_id = c.id ORDER BY position, id),
        ARRAY(SELECT body_id FROM catalog_similarbody WHERE case_id = c.id ORDER BY position, id),
        texts.title, texts.head, texts.folded,
        CASE WHEN (known.title, known.head, known.folded) = (texts.title, texts.head, texts.folded) THEN known.grams
        ELSE grams(texts.folded) || grams(texts.title, '*') || grams(texts.head, '+') END
    FROM catalog_case c
    CROSS JOIN LATERAL case_texts(c) AS texts
    LEFT JOIN catalog_casedocument known ON known.case_id = c.id
    WHERE c.id = ANY (ids)
    ORDER BY c.id
    ON CONFLICT (case_id) DO UPDATE SET
        slug = excluded.slug, is_public = excluded.is_public, made_in = excluded.made_in,
        record = excluded.record, extra = excluded.extra, section = excluded.section, source = excluded.source,
        page = excluded.page, "order" = excluded."order", updated_at = excluded.updated_at,
        topics = excluded.topics, bodies = excluded.bodies, mentions = excluded.mentions,
        title = excluded.title, head = excluded.head, folded = excluded.folded, grams = excluded.grams;
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
    AS $$ SELECT array_agg(case_id) FROM catalog_casedocument WHERE grams @@ query $$;

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
    IF ids IS NOT NULL THEN
        PERFORM refresh_case_documents(ids);
    END IF;
    RETURN NULL;
END
$$;

-- The one list of what contributes: each table with the cases that its rows speak of.
DO $$
DECLARE
    contributing text[] := ARRAY[
        ['case', 'SELECT id FROM changed'],
        ['casebody', 'SELECT case_id FROM changed'],
        ['similarbody', 'SELECT case_id FROM changed'],
        ['link', 'SELECT case_id FROM changed'],
        ['figure', 'SELECT case_id FROM changed'],
        ['case_topics', 'SELECT case_id FROM changed'],
        ['topic', 'SELECT ct.case_id FROM catalog_case_topics ct JOIN changed ON changed.id = ct.topic_id'],
        ['section', 'SELECT c.id FROM catalog_case c JOIN changed ON changed.id = c.section_id'],
        ['step', 'SELECT c.id FROM catalog_case c JOIN catalog_section s ON s.id = c.section_id JOIN changed ON changed.number = s.step_id'],
        ['source', 'SELECT c.id FROM catalog_case c JOIN changed ON changed.id = c.source_id'],
        ['body', 'SELECT r.case_id FROM changed JOIN
            (SELECT body_id, case_id FROM catalog_casebody UNION ALL SELECT body_id, case_id FROM catalog_similarbody) r
            ON r.body_id = changed.code'],
        ['prefecture', 'SELECT r.case_id FROM changed JOIN catalog_body b ON b.prefecture_id = changed.code JOIN
            (SELECT body_id, case_id FROM catalog_casebody UNION ALL SELECT body_id, case_id FROM catalog_similarbody) r
            ON r.body_id = b.code'],
        ['linkcheck', 'SELECT r.case_id FROM changed JOIN
            (SELECT url, case_id FROM catalog_link UNION ALL SELECT url, case_id FROM catalog_similarbody) r
            ON changed.outcome = ''dead'' AND r.url = changed.url']
    ];
    pair text[];
    event text;
    rows_of_event text;
BEGIN
    FOREACH pair SLICE 1 IN ARRAY contributing
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
                'case_documents_follow_' || event, event, 'catalog_' || pair[1], rows_of_event, pair[2]
            );
        END LOOP;
    END LOOP;
END
$$;
