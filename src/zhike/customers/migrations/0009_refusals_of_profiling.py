"""Who refuses profiling is found without reading the ledger."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0008_profiles_out_of_sight'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='consententry',
            index=models.Index(condition=models.Q(('is_granted', False), ('purpose', 'profiling'), ('undone_at', None)), fields=['profile'], name='refusals_of_profiling'),
        ),
    ]
