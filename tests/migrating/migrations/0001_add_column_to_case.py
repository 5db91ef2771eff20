from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE catalog_case ADD COLUMN made int", "ALTER TABLE catalog_case DROP COLUMN made"
        )
    ]
