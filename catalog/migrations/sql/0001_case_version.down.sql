-- With the trigger functions go the triggers that call them.
DROP FUNCTION follow_in_case_version() CASCADE;
DROP FUNCTION count_case_version() CASCADE;
