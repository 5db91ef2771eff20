-- With the trigger function go the triggers that call it.
DROP FUNCTION check_merged_topic() CASCADE;
