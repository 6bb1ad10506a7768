from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collect", "0004_undo_as_work")]

    operations = [
        migrations.AddField(model_name="importrun", name="walk_ins", field=models.BigIntegerField(default=0)),
    ]
