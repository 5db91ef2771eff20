DROP FUNCTION is_plain_text(text[]);
DROP FUNCTION is_plain_text(text);
