-- The version of a case counts up whenever the case or a row of it changes, whoever writes: that is how an editor who
-- saves late is told. What a statement sets it to is of no matter, nor does writing the same values count as a change.
CREATE FUNCTION count_case_version() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    -- A change of a row comes from the trigger below, which asks for it by setting NULL.
    IF NEW.version IS NULL THEN
        NEW.version := OLD.version + 1;
    ELSE
        NEW.version := OLD.version;
        IF NEW IS DISTINCT FROM OLD THEN
            NEW.version := OLD.version + 1;
        END IF;
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER case_version_counts BEFORE UPDATE ON catalog_case
    FOR EACH ROW EXECUTE FUNCTION count_case_version();

-- Its argument, as in follow_in_case_documents, gives the cases whose rows a statement changed.
CREATE FUNCTION follow_in_case_version() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE catalog_case SET version = NULL WHERE id IN (SELECT of_case FROM (%s) AS changed (of_case))', TG_ARGV[0]);
    RETURN NULL;
END
$$;

DO $$
DECLARE
    rows_of_case text;
BEGIN
    FOREACH rows_of_case IN ARRAY
        ARRAY['catalog_casebody', 'catalog_similarbody', 'catalog_link', 'catalog_figure', 'catalog_fact', 'catalog_followed',
            'catalog_case_topics']
    LOOP
        EXECUTE format(
            'CREATE TRIGGER case_version_follows_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS came '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_version(%L)',
            rows_of_case, 'SELECT case_id FROM came'
        );
        EXECUTE format(
            'CREATE TRIGGER case_version_follows_update AFTER UPDATE ON %I REFERENCING OLD TABLE AS gone NEW TABLE AS came '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_version(%L)',
            rows_of_case,
            'SELECT case_id FROM (TABLE gone EXCEPT TABLE came) AS before '
            'UNION SELECT case_id FROM (TABLE came EXCEPT TABLE gone) AS after'
        );
        EXECUTE format(
            'CREATE TRIGGER case_version_follows_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS gone '
            'FOR EACH STATEMENT EXECUTE FUNCTION follow_in_case_version(%L)',
            rows_of_case, 'SELECT case_id FROM gone'
        );
    END LOOP;
END
$$;
