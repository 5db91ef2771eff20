-- The version of the catalogue: a new stamp before any statement on a table that a reader could see a change of. A table
-- more is one word in the list below.
--
-- It is the one row of a table that is no model of Django's: a stamp must not travel in a dump, since it would come back
-- with other content. There is no row while nothing has been written yet.
--
-- The row's lock is held until the transaction ends, so writers wait for each other here: before they lock anything else, so
-- that they do not lock each other out.
CREATE TABLE catalog_catalogueversion (
    id smallint PRIMARY KEY CONSTRAINT catalogue_version_is_one_row CHECK (id = 1),
    stamp uuid NOT NULL,
    changed_at timestamptz NOT NULL
);

CREATE FUNCTION move_catalogue_version() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalog_catalogueversion (id, stamp, changed_at) VALUES (1, gen_random_uuid(), clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET stamp = excluded.stamp, changed_at = excluded.changed_at;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY
        '{case, casebody, similarbody, link, linkcheck, figure, case_topics, topic, body, prefecture, step, section, source, guideline,
          searchsynonym}'::text[]
    LOOP
        EXECUTE format(
            'CREATE TRIGGER catalogue_version_moves BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION move_catalogue_version()',
            'catalog_' || name
        );
    END LOOP;
END
$$;
