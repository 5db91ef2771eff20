-- With the trigger function go the triggers that call it.
DROP FUNCTION move_catalogue_version() CASCADE;
DROP TABLE catalog_catalogueversion;
