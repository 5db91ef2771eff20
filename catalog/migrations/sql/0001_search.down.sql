-- With the trigger functions go the triggers that call them.
DROP FUNCTION leave_case_search() CASCADE;
DROP FUNCTION follow_in_case_search() CASCADE;
DROP FUNCTION cases_found_by(tsquery);
DROP FUNCTION refresh_case_search(bigint[]);
DROP FUNCTION grams(text);
DROP FUNCTION fold(text);
