-- Whether texts have no control character but tab and line ends, nor U+FFFD, which stands for what could not be read. Takes NULL for plain: that is another rule's matter.
CREATE FUNCTION is_plain_text(of_text text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(of_text !~ '[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffd]', true);

CREATE FUNCTION is_plain_text(texts text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce((SELECT bool_and(is_plain_text(one)) FROM unnest(texts) AS one), true);
