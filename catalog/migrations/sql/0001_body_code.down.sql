DROP FUNCTION is_body_code(text);
