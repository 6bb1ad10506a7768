"""What a search found, linked as columns: hundreds of thousands of pairs at once.

Pairs of which no guard can have anything to say are written in a few statements; the others go the way of `link_profiles`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pyarrow as pa
from django.db import transaction
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from zhike.customers.models import LinkEntry, Profile, ProfileLink
from zhike.customers.services.columns import (
    all_numbers,
    fresh_ids,
    insert_from,
    insert_rows,
    is_large_part,
    rows_with,
    write_rows,
)
from zhike.customers.services.holding import hold_customers_of
from zhike.customers.services.links import LARGEST_CUSTOMER, Linked, PairEvidence, link_in_turn
from zhike.kernel import clock

FOUND = pa.schema(
    [
        ("left_id", pa.int64()),
        ("right_id", pa.int64()),
        ("rule", pa.string()),
        ("score", pa.float64()),
        ("evidence", pa.string()),
    ]
)
"""A pair, once, the lower profile on the left; what `PairEvidence` says of it, the evidence as JSON."""

State = ProfileLink.State
_Numbers = NDArray[np.int64]
_NEW = ""


@transaction.atomic
def link_found(*, pairs: pa.Table) -> Linked:
    """`link_profiles` of pairs of `FOUND`, the likeliest first, without an actor."""
    operation = uuid.uuid4().hex
    pairs, places, left, right = _placed(pairs)
    state = _known(places, left).states(left, right)
    part = _parts(places, left, right)
    decided = left[(state != _NEW) & (state != State.LINKED)]
    is_contested = _contested(part, _kept_apart(places), decided)[part[left]]
    is_plain = (state == _NEW) & ~is_contested
    _insert(pairs.filter(pa.array(is_plain)), State.LINKED, operation)
    _settle(places, part, left[is_plain])
    rest = pairs.filter(pa.array(is_contested & (state != State.LINKED)))
    linked, held_back = link_in_turn(_in_words(rest), operation)
    return Linked(operation, int(is_plain.sum()) + linked, held_back)


@transaction.atomic
def propose_found(*, pairs: pa.Table) -> int:
    """Put pairs of `FOUND` that are not one customer into the queue for review; how many are new there."""
    pairs, places, left, right = _placed(pairs)
    # What became of a known pair, a person said or stronger evidence.
    is_new = _known(places, left).states(left, right) == _NEW
    wanted = is_new & (places.customer[left] != places.customer[right])
    _insert(pairs.filter(pa.array(wanted)), State.PROPOSED, uuid.uuid4().hex)
    return int(wanted.sum())


@dataclass(frozen=True, slots=True)
class _Places:
    """Profiles in rising order, the customer where each is, and the one where it was made; all of each customer."""

    profile: _Numbers
    customer: _Numbers
    home: _Numbers

    def of(self, profiles: _Numbers) -> _Numbers:
        """Where profiles stand in these columns."""
        return np.searchsorted(self.profile, profiles)

    def has(self, profiles: _Numbers) -> NDArray[np.bool_]:
        """Which profiles stand there."""
        if not len(self.profile):
            return np.zeros(profiles.shape, np.bool_)
        nearest = self.profile[self.of(profiles).clip(max=len(self.profile) - 1)]
        stands: NDArray[np.bool_] = nearest == profiles
        return stands


@dataclass(frozen=True, slots=True)
class _Known:
    """Pairs that the database has, by where their profiles stand in `_Places`."""

    left: _Numbers
    right: _Numbers
    state: NDArray[np.str_]

    def states(self, left: _Numbers, right: _Numbers) -> NDArray[np.str_]:
        """The states of pairs; `_NEW` of those that are not known."""
        if not len(self.left):
            return np.full(len(left), _NEW)
        width = 1 + max(self.right.max(), right.max(initial=0))
        known, asked = self.left * width + self.right, left * width + right
        order = np.argsort(known)
        found = order[np.searchsorted(known, asked, sorter=order).clip(max=len(known) - 1)]
        return np.where(known[found] == asked, self.state[found], _NEW)


def _placed(pairs: pa.Table) -> tuple[pa.Table, _Places, _Numbers, _Numbers]:
    """The pairs whose profiles are still there, the places of all profiles of their customers, and where both ends stand."""
    ends = np.array([pairs["left_id"].to_numpy(), pairs["right_id"].to_numpy()])
    profiles = np.unique(ends)
    hold_customers_of(profiles.tolist())
    columns = _place_columns(profiles)
    places = _Places(*columns[:, np.argsort(columns[0])])
    is_there = places.has(ends).all(axis=0)
    return pairs.filter(pa.array(is_there)), places, *places.of(ends[:, is_there])


def _place_columns(profiles: _Numbers) -> _Numbers:
    names = ("id", "customer", "home_customer")
    if is_large_part(Profile, profiles):
        return np.array(all_numbers(Profile, names))
    customers = {customer for (customer,) in rows_with(Profile, ("customer",), "id", profiles.tolist())}
    rows = rows_with(Profile, names, "customer", sorted(customers))
    return np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, 3).T


def _known(places: _Places, left: _Numbers) -> _Known:
    """Known pairs between profiles in `places`: of those with one of some on the left, all."""
    names, lefts = ("left", "right", "state"), places.profile[np.unique(left)].tolist()
    if is_large_part(ProfileLink, lefts):
        return _pairs_of(places, ProfileLink.objects.values_list(*names))
    return _pairs_of(places, rows_with(ProfileLink, names, "left", lefts))


def _kept_apart(places: _Places) -> _Known:
    """The pairs between profiles in `places` that somebody said are never one person."""
    return _pairs_of(
        places, ProfileLink.objects.filter(state=State.NEVER).values_list("left", "right", "state")
    )


def _pairs_of(places: _Places, rows: Iterable[tuple[int, int, str]]) -> _Known:
    lefts, rights, states = list(zip(*rows, strict=True)) or ((), (), ())
    ends = np.array([lefts, rights], np.int64)
    is_here = places.has(ends).all(axis=0)
    left, right = places.of(ends[:, is_here])
    return _Known(left, right, np.array(states, dtype=str)[is_here])


def _parts(places: _Places, left: _Numbers, right: _Numbers) -> _Numbers:
    """For each profile the number of the connected part in which its customer is once the pairs are linked."""
    _, customer = np.unique(places.customer, return_inverse=True)
    ends = customer[left], customer[right]
    count = customer.max(initial=-1) + 1
    _, part = connected_components(
        coo_array((np.ones(len(left)), ends), shape=(count, count)), directed=False
    )
    return part.astype(np.int64)[customer]


def _contested(part: _Numbers, apart: _Known, *others: _Numbers) -> NDArray[np.bool_]:
    """By part, whether a guard may hold something back there: too many profiles, or a pair that was decided upon."""
    contested = np.bincount(part) > LARGEST_CUSTOMER
    for ends in (apart.left, apart.right, *others):
        contested[part[ends]] = True
    return contested


def _insert(pairs: pa.Table, state: str, operation: str) -> None:
    """Pairs that were not known, and their first entry in the ledger."""
    ids, now = fresh_ids(ProfileLink, pairs.num_rows), clock.now()
    columns = (pairs[name].to_pylist() for name in ("left_id", "right_id", "rule", "score"))
    insert_rows(
        ProfileLink,
        ("id", "left", "right", "rule", "score", "evidence"),
        zip(ids, *columns, _evidence(pairs), strict=True),
        constants={"state": state, "changed_at": now},
    )
    insert_from(
        LinkEntry,
        ProfileLink,
        {"link": "id", "state": "state", "rule": "rule", "made_at": "changed_at"},
        ids,
        constants={"operation": operation, "actor": None, "reason": ""},
    )


def _settle(places: _Places, part: _Numbers, linked: _Numbers) -> None:
    """Give the profiles of the parts in which something was linked the customer that they are now."""
    is_touched = np.zeros(part.max(initial=-1) + 1, np.bool_)
    is_touched[part[linked]] = True
    # The oldest customer gives the number, whoever was linked first.
    oldest = np.full(len(is_touched), np.iinfo(np.int64).max)
    np.minimum.at(oldest, part, places.home)
    moved = is_touched[part] & (places.customer != oldest[part])
    rows = zip(places.profile[moved].tolist(), oldest[part[moved]].tolist(), strict=True)
    write_rows(Profile, ("customer",), rows, constants={"changed_at": clock.now()})


def _evidence(pairs: pa.Table) -> list[dict[str, str]]:
    """The evidence of pairs: one object for all that agree in the same way."""
    texts = pairs["evidence"].combine_chunks().dictionary_encode()
    known = [json.loads(text) for text in texts.dictionary.to_pylist()]
    return [known[place] for place in texts.indices.to_pylist()]


def _in_words(pairs: pa.Table) -> Iterator[PairEvidence]:
    columns = (pairs[name].to_pylist() for name in ("left_id", "right_id", "rule", "score"))
    return map(PairEvidence, *columns, _evidence(pairs))
