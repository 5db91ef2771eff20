"""An app whose one migration changes a table that pages read; see test_migrate_safely."""
