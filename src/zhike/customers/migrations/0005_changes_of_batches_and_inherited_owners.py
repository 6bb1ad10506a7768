import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("customers", "0004_typed_values_and_assignments")]

    operations = [
        # Revisions from before say what a profile was, later ones also what the batch left: both are read.
        migrations.RenameField("profilerevision", "sealed_before", "sealed"),
        migrations.CreateModel(
            name="InheritedOwner",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "came_from",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="customers.customer"
                    ),
                ),
            ],
        ),
    ]
