"""Profiles (one record from one source), customers (who they are taken to be), and what hangs on them, a module a noun.

Whatever names a person is sealed; `place` of each model is what a sealed value is bound to.
"""

from zhike.customers.models.assignments import AssignmentOperation, InheritedOwner
from zhike.customers.models.attributes import AttributeDefinition, SensitiveValue
from zhike.customers.models.comparison_forms import ComparisonForm, form_place
from zhike.customers.models.consents import ConsentEntry, Suppression
from zhike.customers.models.links import DuplicateScan, LinkEntry, ProfileLink, SharedIdentifier
from zhike.customers.models.notes import Note
from zhike.customers.models.profiles import (
    Customer,
    Identity,
    NameToken,
    PersonalField,
    Profile,
    ProfileRevision,
    identity_place,
    key_place,
    personal_place,
    revision_place,
)
from zhike.customers.models.saved_views import SavedView
from zhike.customers.models.tags import ProfileTag, Tag, TagOperation
from zhike.customers.models.typed_values import TypedValue

__all__ = [
    "AssignmentOperation",
    "AttributeDefinition",
    "ComparisonForm",
    "ConsentEntry",
    "Customer",
    "DuplicateScan",
    "Identity",
    "InheritedOwner",
    "LinkEntry",
    "NameToken",
    "Note",
    "PersonalField",
    "Profile",
    "ProfileLink",
    "ProfileRevision",
    "ProfileTag",
    "SavedView",
    "SensitiveValue",
    "SharedIdentifier",
    "Suppression",
    "Tag",
    "TagOperation",
    "TypedValue",
    "form_place",
    "identity_place",
    "key_place",
    "personal_place",
    "revision_place",
]
