from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("pipeline", "0001_initial")]

    operations = [
        migrations.AddField("refreshrun", "is_full", models.BooleanField(default=False)),
        migrations.AddField("refreshrun", "recomputed", models.BigIntegerField(null=True)),
    ]
