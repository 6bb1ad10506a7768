"""Writes of who is who and of what hangs on them."""

from zhike.customers.services.links import (
    PairEvidence,
    decide_link,
    link_profiles,
    propose_links,
    split_profile,
    unlink_operation,
)
from zhike.customers.services.profiles import record_profiles, set_profile_attributes, undo_profiles
from zhike.customers.services.registering import (
    ExpectedProfiles,
    expect_many,
    register_many,
    register_profiles,
)
from zhike.customers.services.withdrawing import withdraw_nobodies

__all__ = [
    "ExpectedProfiles",
    "PairEvidence",
    "decide_link",
    "expect_many",
    "link_profiles",
    "propose_links",
    "record_profiles",
    "register_many",
    "register_profiles",
    "set_profile_attributes",
    "split_profile",
    "undo_profiles",
    "unlink_operation",
    "withdraw_nobodies",
]
