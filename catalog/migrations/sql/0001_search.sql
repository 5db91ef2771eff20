-- Folding: the one definition of what counts as the same in search. Compatibility forms (NFKC), case, katakana and
-- hiragana, dashes, waves, a long mark at the end of a katakana word, and characters that only look different.
CREATE FUNCTION fold(t text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(
        regexp_replace(lower(normalize(t, NFKC)), '([ァ-ヺ])ー(?![ァ-ヺー])', '\1', 'g'),
        'ァアィイゥウェエォオカガキギクグケゲコゴサザシジスズセゼソゾタダチヂッツヅテデトドナニヌネノ'
        'ハバパヒビピフブプヘベペホボポマミムメモャヤュユョヨラリルレロヮワヰヱヲンヴヵヶ'
        '‐‑‒–—―−〜⻲⻑⻯⻄⻘⻤髙﨑',
        'ぁあぃいぅうぇえぉおかがきぎくぐけげこごさざしじすずせぜそぞただちぢっつづてでとどなにぬねの'
        'はばぱひびぴふぶぷへべぺほぼぽまみむめもゃやゅゆょよらりるれろゎわゐゑをんゔゕゖ'
        '-------~亀長竜西青鬼高崎'
    );

-- The grams of a folded text: every two and every three characters in a row within a run of letters and digits, and
-- the last character of each run, so that every character begins a gram.
CREATE FUNCTION grams(folded text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT gram), '{}'))
        FROM regexp_split_to_table(folded, '[^[:alnum:]]+') AS run,
            generate_series(1, length(run)) AS at,
            unnest(ARRAY[substr(run, at, 2), substr(run, at, 3)]) AS gram
    );

CREATE FUNCTION refresh_case_search(of_case bigint) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO catalog_casesearch (case_id, title, head, folded, grams)
    SELECT id, title, head, concat_ws(E'\n', title, head, rest), grams(concat_ws(E'\n', title, head, rest))
    FROM (
        SELECT
            c.id,
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
                E'\n', c.heading, c.background, c.approach, c.outcome, c.editor_note,
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
        FROM catalog_case c
        WHERE c.id = of_case
    ) AS texts
    ON CONFLICT (case_id) DO UPDATE SET
        title = excluded.title, head = excluded.head, folded = excluded.folded, grams = excluded.grams;
END;

-- One function for every table that contributes; its argument says how a row leads to its cases.
CREATE FUNCTION follow_in_case_search() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    of_case bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        FOR of_case IN EXECUTE TG_ARGV[0] USING OLD LOOP PERFORM refresh_case_search(of_case); END LOOP;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        FOR of_case IN EXECUTE TG_ARGV[0] USING NEW LOOP PERFORM refresh_case_search(of_case); END LOOP;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION leave_case_search() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog_casesearch WHERE case_id = OLD.id;
    RETURN OLD;
END
$$;

CREATE TRIGGER case_search_left BEFORE DELETE ON catalog_case
    FOR EACH ROW EXECUTE FUNCTION leave_case_search();
CREATE TRIGGER case_search_follows AFTER INSERT OR UPDATE ON catalog_case
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search('SELECT $1.id');
CREATE TRIGGER case_search_follows AFTER INSERT OR UPDATE OR DELETE ON catalog_casebody
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search('SELECT $1.case_id');
CREATE TRIGGER case_search_follows AFTER INSERT OR UPDATE OR DELETE ON catalog_similarbody
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search('SELECT $1.case_id');
CREATE TRIGGER case_search_follows AFTER INSERT OR UPDATE OR DELETE ON catalog_figure
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search('SELECT $1.case_id');
CREATE TRIGGER case_search_follows AFTER INSERT OR UPDATE OR DELETE ON catalog_case_topics
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search('SELECT $1.case_id');
CREATE TRIGGER case_search_follows AFTER UPDATE OF title ON catalog_topic
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search(
        'SELECT case_id FROM catalog_case_topics WHERE topic_id = $1.id'
    );
CREATE TRIGGER case_search_follows AFTER UPDATE OF name, kana, prefecture_id ON catalog_body
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search(
        'SELECT case_id FROM catalog_casebody WHERE body_id = $1.code '
        'UNION SELECT case_id FROM catalog_similarbody WHERE body_id = $1.code'
    );
CREATE TRIGGER case_search_follows AFTER UPDATE OF name, kana ON catalog_prefecture
    FOR EACH ROW EXECUTE FUNCTION follow_in_case_search(
        'SELECT case_id FROM catalog_casebody cb JOIN catalog_body b ON b.code = cb.body_id '
        'WHERE b.prefecture_id = $1.code '
        'UNION SELECT case_id FROM catalog_similarbody s JOIN catalog_body b ON b.code = s.body_id '
        'WHERE b.prefecture_id = $1.code'
    );
