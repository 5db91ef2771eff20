DROP TRIGGER case_first_published ON catalog_case;
DROP FUNCTION keep_first_published();
