"""Writes of who is who and of what hangs on them."""

from zhike.customers.services.links import (
    PairEvidence,
    decide_link,
    link_profiles,
    propose_links,
    split_profile,
    unlink_operation,
)
from zhike.customers.services.profiles import (
    PromisedProfiles,
    promise_many,
    record_profiles,
    register_many,
    register_profiles,
    set_profile_attributes,
    undo_profiles,
)

__all__ = [
    "PairEvidence",
    "PromisedProfiles",
    "decide_link",
    "link_profiles",
    "promise_many",
    "propose_links",
    "record_profiles",
    "register_many",
    "register_profiles",
    "set_profile_attributes",
    "split_profile",
    "undo_profiles",
    "unlink_operation",
]
