-- Makes cases for the benchmark out of the casebook's own: each takes title, points, background, approach and outcome from five of
-- them, so lengths and words are real. %(count)s: how many there shall be in all; one of them has the word %(rare)s.
CREATE TEMPORARY TABLE casebook AS
SELECT row_number() OVER (ORDER BY id) - 1 AS n, * FROM catalog_case;

CREATE TEMPORARY TABLE made AS
SELECT i,
    abs(hashint4(i)) %% 60 AS a, abs(hashint4(i + 100000000)) %% 60 AS b, abs(hashint4(i + 200000000)) %% 60 AS c,
    abs(hashint4(i + 300000000)) %% 60 AS d, abs(hashint4(i + 400000000)) %% 60 AS e
FROM generate_series(1, %(count)s - 60) AS i;

-- A whole row of the casebook with other values in some places, so that a new column needs no word here.
INSERT INTO catalog_case OVERRIDING SYSTEM VALUE
SELECT (jsonb_populate_record(whole, jsonb_build_object(
    'id', nextval(pg_get_serial_sequence('catalog_case', 'id')),
    'slug', 'made-' || i, 'title', a.title || '（' || i || '）', 'section_id', c.section_id, 'points', to_jsonb(b.points),
    'background', c.background, 'approach', d.approach || CASE WHEN i = 1 THEN %(rare)s ELSE '' END,
    'outcome', e.outcome, 'editor_note', '', 'similar_open_ended', false, 'page', 100 + i / 10, 'order', 1 + i %% 10,
    'status', CASE WHEN i %% 50 = 0 THEN 'draft' ELSE 'published' END,
    'created_at', now() - i * interval '1 minute', 'updated_at', now() - i * interval '1 minute'
))).*
FROM made
JOIN casebook a ON a.n = made.a JOIN casebook b ON b.n = made.b JOIN casebook c ON c.n = made.c
JOIN casebook d ON d.n = made.d JOIN casebook e ON e.n = made.e
JOIN catalog_case whole ON whole.id = a.id;

CREATE TEMPORARY TABLE place AS
SELECT m.i, k.id AS case_id, m.a, m.b FROM made m JOIN catalog_case k ON k.slug = 'made-' || m.i;

-- One body for most, up to five for some.
INSERT INTO catalog_casebody (case_id, body_id, position, note, contact_section, contact_telephone, contact_email)
SELECT DISTINCT ON (case_id, code) case_id, code, position, '', '', '', ''
FROM place
CROSS JOIN generate_series(1, 5) AS position
JOIN (SELECT row_number() OVER (ORDER BY code) - 1 AS n, code FROM catalog_body) AS body
    ON body.n = abs(hashint4(i * 5 + position)) %% 1788
WHERE position <= 1 + CASE WHEN i %% 6 = 0 THEN abs(hashint4(i)) %% 5 ELSE 0 END;

INSERT INTO catalog_case_topics (case_id, topic_id)
SELECT place.case_id, t.topic_id FROM place JOIN casebook ON casebook.n = place.a
JOIN catalog_case_topics t ON t.case_id = casebook.id;

INSERT INTO catalog_figure (case_id, label, value, position)
SELECT place.case_id, f.label, f.value, f.position FROM place JOIN casebook ON casebook.n = place.b
JOIN catalog_figure f ON f.case_id = casebook.id;

INSERT INTO catalog_link (case_id, url, label, position)
SELECT place.case_id, l.url, l.label, l.position FROM place JOIN casebook ON casebook.n = place.b
JOIN catalog_link l ON l.case_id = casebook.id;

INSERT INTO catalog_similarbody (case_id, body_id, position, note, url)
SELECT place.case_id, s.body_id, s.position, s.note, s.url FROM place JOIN casebook ON casebook.n = place.b
JOIN catalog_similarbody s ON s.case_id = casebook.id;
