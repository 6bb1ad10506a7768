import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_tag_operations_and_views")]

    operations = [
        migrations.CreateModel(
            name="ComparisonForm",
            fields=[
                (
                    "profile",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="comparison_form",
                        serialize=False,
                        to="customers.profile",
                    ),
                ),
                ("version", models.IntegerField()),
                ("sealed", models.BinaryField()),
            ],
        ),
        migrations.AlterField(
            model_name="profilelink",
            name="left",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="customers.profile",
            ),
        ),
    ]
