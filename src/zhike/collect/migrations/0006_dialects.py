from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collect", "0005_walk_ins")]

    operations = [
        migrations.AddField(
            model_name="upload", name="delimiter", field=models.CharField(default="", max_length=10)
        ),
        migrations.AddField(
            model_name="upload", name="header_row", field=models.PositiveSmallIntegerField(null=True)
        ),
    ]
