import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from zhike.accounts.audit import guards

ROLES = ["owner", "manager", "marketer", "sales", "service", "analyst", "viewer"]


def owners_keep_their_role(apps, schema_editor):
    apps.get_model("accounts", "User").objects.filter(is_owner=True).update(role="owner")


def owners_keep_their_flag(apps, schema_editor):
    apps.get_model("accounts", "User").objects.filter(role="owner").update(is_owner=True)


def install_guards(apps, schema_editor):
    guards.install(schema_editor.connection)


def remove_guards(apps, schema_editor):
    guards.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="role",
            field=models.CharField(default="viewer", max_length=20),
        ),
        migrations.AddField(
            model_name="user",
            name="has_temporary_password",
            field=models.BooleanField(default=False),
        ),
        # Before roles, whoever was not the owner could only be made by hand: they read from now on.
        migrations.RunPython(owners_keep_their_role, owners_keep_their_flag),
        migrations.RemoveField(model_name="user", name="is_owner"),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ROLES)), name="accounts_user_known_role"
            ),
        ),
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("prefix", models.CharField(max_length=12)),
                ("hash", models.CharField(max_length=64, unique=True)),
                ("scopes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("name",),
                        name="accounts_apikey_one_in_force_per_name",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("action", models.CharField(db_index=True, max_length=60)),
                ("object_kind", models.CharField(max_length=40)),
                ("object_id", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("details", models.JSONField(default=dict)),
                ("previous_hash", models.CharField(max_length=64, unique=True)),
                ("hash", models.CharField(max_length=64, unique=True)),
                (
                    "actor",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        # Last: SQLite rebuilds a table to change it, and a rebuilt table has no triggers.
        migrations.RunPython(install_guards, remove_guards),
    ]
