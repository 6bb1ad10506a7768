"""Who went out of sight is found without reading everybody."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0007_owners_of_customers'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='profile',
            index=models.Index(condition=models.Q(('erased_at__isnull', False)), fields=['erased_at'], name='profiles_out_of_sight'),
        ),
    ]
