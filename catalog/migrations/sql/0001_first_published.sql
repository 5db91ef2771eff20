-- When a case was first public, kept by whatever way it was published: set once, then neither moved nor forgotten.
CREATE FUNCTION keep_first_published() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.first_published_at := CASE WHEN TG_OP = 'UPDATE' THEN OLD.first_published_at END;
    IF NEW.status <> 'draft' THEN
        NEW.first_published_at := coalesce(NEW.first_published_at, clock_timestamp());
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER case_first_published BEFORE INSERT OR UPDATE ON catalog_case
    FOR EACH ROW EXECUTE FUNCTION keep_first_published();
