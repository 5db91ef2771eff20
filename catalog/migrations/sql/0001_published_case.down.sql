-- With the trigger function go the triggers that call it.
DROP FUNCTION check_published_case() CASCADE;
