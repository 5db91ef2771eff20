-- A topic merged into another has no cases, and leads to one that is not merged itself. Asked at the end of the transaction,
-- since a merge, and a version put back, pass through what is not so. Writers of these tables wait for each other
-- (0001_version.sql), so that none misses what another is writing.
CREATE FUNCTION check_merged_topic() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'catalog_case_topics' THEN
        IF EXISTS (
            SELECT FROM catalog_case_topics kept JOIN catalog_topic topic ON topic.id = kept.topic_id
            WHERE kept.id = NEW.id AND topic.merged_into_id IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'case % has merged topic %', NEW.case_id, NEW.topic_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_merged_has_no_cases';
        END IF;
    ELSIF EXISTS (SELECT FROM catalog_topic WHERE id = NEW.id AND merged_into_id IS NOT NULL) THEN
        IF EXISTS (SELECT FROM catalog_case_topics WHERE topic_id = NEW.id) THEN
            RAISE EXCEPTION 'merged topic % has cases', NEW.slug
                USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_merged_has_no_cases';
        ELSIF EXISTS (
            SELECT FROM catalog_topic one JOIN catalog_topic other ON other.id = one.merged_into_id
            WHERE NEW.id IN (one.id, other.id) AND other.merged_into_id IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'topic % leads to a merged one', NEW.slug
                USING ERRCODE = 'check_violation', CONSTRAINT = 'topic_merged_leads_to_one_in_use';
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER topic_merged_has_no_cases AFTER INSERT OR UPDATE OF topic_id ON catalog_case_topics
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION check_merged_topic();
CREATE CONSTRAINT TRIGGER topic_merged_has_no_cases AFTER INSERT OR UPDATE OF merged_into_id ON catalog_topic
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL) EXECUTE FUNCTION check_merged_topic();
