-- With the trigger functions go the triggers that call them.
DROP FUNCTION move_catalogue_version() CASCADE;
DROP FUNCTION settle_what_is_due() CASCADE;
DROP FUNCTION note_due(bigint[]);
DROP FUNCTION is_writing_many();
DROP FUNCTION move_version(text);
DROP TABLE catalog_due;
DROP TABLE catalog_catalogueversion;
