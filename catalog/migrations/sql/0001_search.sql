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
            LATERAL (
                SELECT c || lead(c, 1, '') OVER run_order, c || lead(c, 1, '') OVER run_order || lead(c, 2, '') OVER run_order
                FROM unnest(string_to_array(run, NULL)) WITH ORDINALITY AS characters (c, at)
                WINDOW run_order AS (ORDER BY at)
            ) AS at_each_place (two, three),
            unnest(ARRAY[two, three]) AS gram
    );

-- Makes the search text of these cases anew, in the order of their keys, so that two writers do not lock each other.
CREATE FUNCTION refresh_case_search(of_cases bigint[]) RETURNS void
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
        WHERE c.id = ANY (of_cases)
    ) AS texts
    ORDER BY id
    ON CONFLICT (case_id) DO UPDATE SET
        title = excluded.title, head = excluded.head, folded = excluded.folded, grams = excluded.grams;
END;

-- The cases whose grams match. The planner does not price the unpacking of grams and would read the whole table for a
-- common word, ten times slower than the index: so this one query is planned without that way.
CREATE FUNCTION cases_found_by(query tsquery) RETURNS SETOF bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan = off
BEGIN ATOMIC
    SELECT case_id FROM catalog_casesearch WHERE grams @@ query;
END;

-- One function for every table that contributes; its argument, a query on the rows that a statement took away (gone)
-- and brought (came), gives the cases concerned. So a statement refreshes a case once, however many rows it writes.
CREATE FUNCTION follow_in_case_search() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    of_cases bigint[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT of_case) FROM (%s) AS concerned (of_case)', TG_ARGV[0]) INTO of_cases;
    IF of_cases IS NOT NULL THEN
        PERFORM refresh_case_search(of_cases);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION leave_case_search() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM catalog_casesearch WHERE case_id IN (SELECT id FROM gone);
    RETURN NULL;
END
$$;

CREATE TRIGGER case_search_follows_insert AFTER INSERT ON catalog_case REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search('SELECT id FROM came');
-- What counts up with each of its rows (sql/0001_case_version.sql) does not make the text anew.
CREATE TRIGGER case_search_follows_update AFTER UPDATE ON catalog_case REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(
        'SELECT came.id FROM came JOIN gone ON gone.id = came.id WHERE '
        '(came.title, came.points, came.heading, came.background, came.approach, came.outcome, came.editor_note, came."references") '
        'IS DISTINCT FROM '
        '(gone.title, gone.points, gone.heading, gone.background, gone.approach, gone.outcome, gone.editor_note, gone."references")'
    );
CREATE TRIGGER case_search_leaves AFTER DELETE ON catalog_case REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION leave_case_search();

DO $$
DECLARE
    rows_of_case text;
BEGIN
    FOREACH rows_of_case IN ARRAY
        ARRAY['catalog_casebody', 'catalog_similarbody', 'catalog_figure', 'catalog_case_topics']
    LOOP
        EXECUTE format(
            'CREATE TRIGGER case_search_follows_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS came '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(%L)',
            rows_of_case, 'SELECT case_id FROM came'
        );
        EXECUTE format(
            'CREATE TRIGGER case_search_follows_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS gone NEW TABLE AS came '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(%L)',
            rows_of_case, 'SELECT case_id FROM gone UNION SELECT case_id FROM came'
        );
        EXECUTE format(
            'CREATE TRIGGER case_search_follows_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS gone '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(%L)',
            rows_of_case, 'SELECT case_id FROM gone'
        );
    END LOOP;
END
$$;

-- Of topics, bodies and prefectures only what the text holds of them matters: their names.
CREATE TRIGGER case_search_follows_update AFTER UPDATE ON catalog_topic REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(
        'SELECT ct.case_id FROM catalog_case_topics ct JOIN came ON came.id = ct.topic_id JOIN gone ON gone.id = came.id '
        'WHERE came.title <> gone.title'
    );
CREATE TRIGGER case_search_follows_update AFTER UPDATE ON catalog_body REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(
        'SELECT r.case_id FROM came JOIN gone ON gone.code = came.code JOIN '
        '(SELECT body_id, case_id FROM catalog_casebody UNION SELECT body_id, case_id FROM catalog_similarbody) r '
        'ON r.body_id = came.code '
        'WHERE (came.name, came.kana, came.prefecture_id) <> (gone.name, gone.kana, gone.prefecture_id)'
    );
CREATE TRIGGER case_search_follows_update AFTER UPDATE ON catalog_prefecture REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_search(
        'SELECT r.case_id FROM came JOIN gone ON gone.code = came.code '
        'JOIN catalog_body b ON b.prefecture_id = came.code JOIN '
        '(SELECT body_id, case_id FROM catalog_casebody UNION SELECT body_id, case_id FROM catalog_similarbody) r '
        'ON r.body_id = b.code WHERE (came.name, came.kana) <> (gone.name, gone.kana)'
    );
