-- Whether a text is a 全国地方公共団体コード: six digits, the last of them the check digit.
-- Rule (総務省): multiply the first five digits by 6, 5, 4, 3, 2, add up, take the remainder of 11,
-- subtract it from 11; the last digit of the result is the check digit.
CREATE FUNCTION is_body_code(code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE
        WHEN code !~ '^[0-9]{6}$' THEN false
        ELSE substr(code, 6, 1)::int = (
            11 - (
                substr(code, 1, 1)::int * 6
                + substr(code, 2, 1)::int * 5
                + substr(code, 3, 1)::int * 4
                + substr(code, 4, 1)::int * 3
                + substr(code, 5, 1)::int * 2
            ) % 11
        ) % 10
    END;
