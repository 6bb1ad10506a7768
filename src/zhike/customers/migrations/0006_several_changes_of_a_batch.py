from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("customers", "0005_changes_of_batches_and_inherited_owners")]

    operations = [
        # A batch may write of a profile several times, with others in between.
        migrations.RemoveConstraint("profilerevision", "one_revision_per_batch_and_profile"),
    ]
