-- The population of a body is that of its current row of catalog_population: of the latest day, and of two of one day that of the
-- source that stands first. What a statement itself writes into the three columns is not kept, so that they cannot say
-- anything else.
CREATE FUNCTION set_current_population() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    SELECT p.persons, p.as_of, p.source_id INTO NEW.population, NEW.population_as_of, NEW.population_source_id
    FROM catalog_population p JOIN catalog_populationsource s ON s.slug = p.source_id
    WHERE p.body_id = NEW.code
    ORDER BY p.as_of DESC, s.position, s.slug
    LIMIT 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER body_has_current_population BEFORE INSERT OR UPDATE ON catalog_body
    FOR EACH ROW EXECUTE FUNCTION set_current_population();

-- After each statement on populations or their sources: writes the bodies concerned anew, once each, by no column of a key: that
-- would keep others from writing cases of these bodies until the transaction ends. The argument is a query on
-- `changed`, the rows written, and gives the codes of the bodies.
CREATE FUNCTION follow_in_current_populations() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE catalog_body SET population = population WHERE population IS NOT NULL;
        RETURN NULL;
    END IF;
    EXECUTE format(
        'WITH changed AS (%s) UPDATE catalog_body SET population = population WHERE code IN (%s)',
        CASE TG_OP WHEN 'INSERT' THEN 'TABLE came' WHEN 'DELETE' THEN 'TABLE gone' ELSE 'TABLE gone UNION ALL TABLE came' END,
        TG_ARGV[0]
    );
    RETURN NULL;
END
$$;

CREATE TRIGGER current_populations_follow_insert AFTER INSERT ON catalog_population REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations('SELECT body_id FROM changed');
CREATE TRIGGER current_populations_follow_update AFTER UPDATE ON catalog_population
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations('SELECT body_id FROM changed');
CREATE TRIGGER current_populations_follow_delete AFTER DELETE ON catalog_population REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations('SELECT body_id FROM changed');
CREATE TRIGGER current_populations_follow_truncate AFTER TRUNCATE ON catalog_population
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations('');
-- Foreign keys are checked at the end of a transaction, so a source may come after its populations.
CREATE TRIGGER current_populations_follow_source AFTER INSERT ON catalog_populationsource REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations(
        'SELECT p.body_id FROM catalog_population p JOIN changed ON changed.slug = p.source_id'
    );
CREATE TRIGGER current_populations_follow_order AFTER UPDATE ON catalog_populationsource
    REFERENCING OLD TABLE AS gone NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION follow_in_current_populations(
        'SELECT p.body_id FROM catalog_population p JOIN changed ON changed.slug = p.source_id'
    );
