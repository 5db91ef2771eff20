-- With the trigger functions go the triggers that call them.
DROP FUNCTION set_current_population() CASCADE;
DROP FUNCTION follow_in_current_populations() CASCADE;
