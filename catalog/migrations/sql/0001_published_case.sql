-- A published case has a body, and a page if its source is a casebook. Asked at the end of the transaction, since the case is written before its bodies.
CREATE FUNCTION check_published_case() RETURNS trigger
    LANGUAGE plpgsql AS $$
DECLARE
    of_case bigint := CASE TG_TABLE_NAME WHEN 'catalog_case' THEN to_jsonb(NEW) ->> 'id' ELSE to_jsonb(OLD) ->> 'case_id' END;
BEGIN
    IF EXISTS (SELECT FROM catalog_case WHERE id = of_case AND status = 'published')
        AND NOT EXISTS (SELECT FROM catalog_casebody WHERE case_id = of_case)
    THEN
        RAISE EXCEPTION 'case % is published without a body', of_case
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_published_has_body';
    END IF;
    IF EXISTS (
        SELECT FROM catalog_case c JOIN catalog_source s ON s.id = c.source_id
        WHERE c.id = of_case AND c.status = 'published' AND c.page IS NULL AND s.kind = 'casebook'
    ) THEN
        RAISE EXCEPTION 'case % of a casebook is published without a page', of_case
            USING ERRCODE = 'check_violation', CONSTRAINT = 'case_of_casebook_has_page';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER case_published_has_body AFTER INSERT OR UPDATE OF status, page, source_id ON catalog_case
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.status = 'published') EXECUTE FUNCTION check_published_case();
CREATE CONSTRAINT TRIGGER case_published_has_body AFTER DELETE OR UPDATE OF case_id ON catalog_casebody
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_published_case();
