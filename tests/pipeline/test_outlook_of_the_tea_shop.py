"""The tea shop knows who was really lost: the churn scores must know it too, as far as orders can tell."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from tests.tea_shop_demo import loaded_tea_shop, tea_shop
from zhike.customers.vault import key_index, open_vault
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.value.analysis.churn.measures import auc
from zhike.value.selectors.expected import expected

# Who left a few days ago looks like everybody else: 1 is out of reach.
LEAST_AUC = 0.9


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return loaded_tea_shop(tmp_path_factory) / "shop"


def persons_of_customers(shop: Path) -> dict[int, set[int]]:
    """The persons of the truth behind each customer, by the fingerprint of their keys."""
    truth, vault = tea_shop().truth, open_vault(Home(shop))
    person = {key_index(vault, *key): id for key, id in truth.persons_by_key.items()}
    found: dict[int, set[int]] = defaultdict(set)
    with sqlite3.connect(f"file:{shop / 'zhike.sqlite3'}?mode=ro", uri=True) as database:
        for index, customer in database.execute("SELECT key_index, customer_id FROM customers_profile"):
            found[customer].add(person[index])
    return found


def test_the_panel_of_a_customer_says_what_the_test_said_of_such_probabilities(shop: Path) -> None:
    snapshot = open_lake(Home(shop).lake).current()
    assert snapshot is not None
    table = snapshot.table("churn_reliability")
    tested = {row["probability_tenth"]: row for row in snapshot.rows(table.filter(table.model == "churn"))}
    scores = snapshot.table("churn_scores")
    for row in snapshot.rows(scores.order_by(scores.lost_probability).limit(40_000))[::400]:
        words = expected(snapshot, row["customer_id"]).churn
        bin = tested.get(min(int(row["lost_probability"] * 10) + 1, 10))
        assert words is not None
        if bin is None or bin["customer_count"] < 20:
            assert "too few" in words.trust.en
        else:
            assert f"about {round(bin['actual_share'] * 100)} did not come back" in words.trust.en
        assert [reason.effect is not None for reason in words.reasons] == [True] * len(words.reasons)


def test_the_scores_rank_those_who_were_really_lost_first(shop: Path) -> None:
    snapshot = open_lake(Home(shop).lake).current()
    assert snapshot is not None
    lost = tea_shop().truth.lost_by(snapshot.as_of)
    persons = persons_of_customers(shop)
    overview = snapshot.table("customer_overview").select("customer_id", "recency_days", "probability_alive")
    rows = snapshot.rows(snapshot.table("churn_scores").join(overview, "customer_id"))
    is_lost = np.array([persons[row["customer_id"]] <= lost for row in rows])
    assert is_lost.sum() > 500
    assert (~is_lost).sum() > 500
    by_model = auc(np.array([row["lost_probability"] for row in rows]), is_lost)
    by_recency = auc(np.array([float(row["recency_days"]) for row in rows]), is_lost)
    assert by_model is not None
    assert by_recency is not None
    assert by_model > LEAST_AUC
    assert by_model > by_recency
