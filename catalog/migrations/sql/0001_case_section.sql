-- The section of a case is one of its source. Told at the end of a transaction, in which both may change.
ALTER TABLE catalog_case ADD CONSTRAINT case_section_is_of_its_source
    FOREIGN KEY (section_id, source_id) REFERENCES catalog_section (id, source_id) DEFERRABLE INITIALLY DEFERRED;
