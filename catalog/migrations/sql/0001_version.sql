-- The version of the catalogue: a new stamp before any statement on a table that a reader could see a change of. A table
-- more is one word in the list below.
--
-- It is the one row of a table that is no model of Django's: a stamp must not travel in a dump, since it would come back
-- with other content. There is no row while nothing has been written yet.
--
-- The row's lock is held until the transaction ends, so writers wait for each other here: before they lock anything else, so
-- that they do not lock each other out.
--
-- A process that has an index of a version before reads only what has changed since (catalog/finding/index.py): `number` counts
-- the statements, and each document has the number at which it was last made; `followed_from` is the number from which on
-- documents alone have changed, and none was deleted; `lists` is the stamp under which a list last changed; `earlier` are the stamps
-- of the versions that were committed before, the latest last, so that an index of another past, as after a restore, is not taken for
-- one of this.
CREATE TABLE catalog_catalogueversion (
    id smallint PRIMARY KEY CONSTRAINT catalogue_version_is_one_row CHECK (id = 1),
    stamp uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    number bigint NOT NULL,
    followed_from bigint NOT NULL,
    lists uuid NOT NULL,
    changed_by xid8 NOT NULL,
    earlier uuid[] NOT NULL
);

-- `kind` says whether what changes is a list, which indexes stand on, or rows of cases.
CREATE FUNCTION move_version(kind text) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO catalog_catalogueversion AS known (id, stamp, changed_at, number, followed_from, lists, changed_by, earlier)
    SELECT 1, stamp, clock_timestamp(), number, number, stamp, pg_current_xact_id(), '{}'
    FROM gen_random_uuid() AS stamp, (SELECT coalesce(max(made_in), 0) + 1 FROM catalog_casedocument) AS documents (number)
    ON CONFLICT (id) DO UPDATE SET
        stamp = excluded.stamp,
        changed_at = excluded.changed_at,
        number = known.number + 1,
        followed_from = CASE kind WHEN 'list' THEN known.number + 1 ELSE known.followed_from END,
        lists = CASE kind WHEN 'list' THEN excluded.stamp ELSE known.lists END,
        changed_by = excluded.changed_by,
        earlier = CASE WHEN known.changed_by = excluded.changed_by THEN known.earlier
            ELSE (known.earlier || known.stamp)[greatest(1, cardinality(known.earlier) - 98):] END;
$$;

-- What a transaction that writes very many rows owes (decision 0032). Where it says SET LOCAL catalog.writing = 'many', the triggers of
-- version and documents only note here what is due: case 0 that the version is to move, any other that its document is to be made.
-- It is settled by settle_many_rows(), which a transaction calls when it has written all; at its end at the latest. So the version is
-- locked for a moment and not from the first row to the last. A row here lives no longer than its transaction.
CREATE TABLE catalog_due (
    xid xid8,
    case_id bigint,
    PRIMARY KEY (xid, case_id)
);

CREATE FUNCTION is_writing_many() RETURNS boolean
    LANGUAGE sql STABLE AS $$ SELECT coalesce(current_setting('catalog.writing', true) = 'many', false) $$;

CREATE FUNCTION note_due(cases bigint[]) RETURNS void
    LANGUAGE sql AS $$
    INSERT INTO catalog_due SELECT pg_current_xact_id(), unnest(cases) ON CONFLICT DO NOTHING
$$;

CREATE FUNCTION settle_what_is_due() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM catalog_due WHERE xid = NEW.xid) THEN
        PERFORM settle_many_rows();
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER version_is_moved AFTER INSERT ON catalog_due
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.case_id = 0) EXECUTE FUNCTION settle_what_is_due();

-- Its argument is the kind.
CREATE FUNCTION move_catalogue_version() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF is_writing_many() THEN
        PERFORM note_due('{0}');
    ELSE
        PERFORM move_version(TG_ARGV[0]);
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    kind text;
    name text;
BEGIN
    FOR kind, name IN
        SELECT 'case', unnest('{case, casebody, similarbody, link, linkcheck, figure, fact, followed, case_topics, confirmation, guideline, release}'::text[])
        UNION ALL SELECT 'list', unnest('{topic, body, population, populationsource, prefecture, step, section, source, sitetext, searchsynonym, indicator, indicatorvalue, trouble}'::text[])
    LOOP
        EXECUTE format(
            'CREATE TRIGGER catalogue_version_moves BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION move_catalogue_version(%L)',
            'catalog_' || name, kind
        );
    END LOOP;
END
$$;
