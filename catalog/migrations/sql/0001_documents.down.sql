-- With the trigger functions go their triggers.
DROP FUNCTION follow_in_case_documents() CASCADE;
DROP FUNCTION cases_found_by(tsquery);
DROP FUNCTION tell_that_documents_went() CASCADE;
DROP FUNCTION refresh_all_case_documents();
DROP FUNCTION refresh_case_documents(bigint[]);
DROP FUNCTION case_texts(catalog_case);
DROP FUNCTION case_extra(catalog_case);
DROP FUNCTION case_record(catalog_case);
DROP FUNCTION case_content(catalog_case);
DROP FUNCTION case_written(catalog_case);
DROP FUNCTION in_japan(timestamptz);
DROP FUNCTION grams(text, text);
DROP FUNCTION word_grams(text[], text[], text);
DROP FUNCTION whole_words(text);
DROP FUNCTION fold_name(text);
DROP FUNCTION fold(text);
DROP FUNCTION plain_writing(text);
DROP FUNCTION japanese_number(text);
