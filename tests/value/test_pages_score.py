"""The page of the value score, the panel of one customer, and `zhike value weights`."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client

from tests.cast import client_of, colleague
from tests.shops import published
from zhike.accounts.access import Role
from zhike.accounts.models import AuditEntry
from zhike.customers.models import Customer
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.lake.snapshots import open_lake
from zhike.value.analysis.scores.components import COMPONENTS, column_of
from zhike.value.analysis.scores.weights import BY_COMPARISON, BY_HAND, LEARNED
from zhike.value.models import ScoreChoiceEntry
from zhike.value.selectors.score_choices import score_choice
from zhike.value.selectors.score_moves import moves

pytestmark = pytest.mark.django_db

RECENCY_ONLY = {"method": BY_HAND, "weight_recency": "100"}


def test_the_page_shows_the_weights_in_force(counted_shop: Home, alice_client: Client) -> None:
    page = alice_client.get("/value/score/").context["page"]
    rows = {row.code: row for row in page.components}
    assert rows["monetary"].weight == pytest.approx(0.25 / 0.8)
    assert not rows["engagement"].has_data
    assert page.learned is not None
    assert "120" in [fact.text for fact in page.card.facts]
    assert len(page.card.not_for) == 2


def test_the_page_of_clv_says_that_values_are_revenue(counted_shop: Home, alice_client: Client) -> None:
    basis = alice_client.get("/value/clv/").context["page"].model.basis
    assert basis.en.startswith("Values are revenue")


def test_the_page_opens_before_the_first_refresh(empty_shop: Home, alice_client: Client) -> None:
    response = alice_client.post("/value/score/try/", RECENCY_ONLY)
    assert response.status_code == 200
    assert response.context["page"].preview.moves is None
    # Switching the language leads back to the address, without what was posted.
    assert alice_client.get("/value/score/try/")["Location"] == "/value/score/"


def test_trying_weights_tells_who_would_move_and_keeps_nothing(
    counted_shop: Home, alice_client: Client
) -> None:
    response = alice_client.post("/value/score/try/", RECENCY_ONLY)
    found = response.context["page"].preview.moves
    rows = [row for row in published(counted_shop, "value_scores") if row["recency_component"] is not None]
    changes = [abs(row["recency_component"] - row["value_score"]) for row in rows]  # type: ignore[operator]
    assert (found.customers, found.much) == (len(rows), sum(change >= 5 for change in changes))
    assert found.to_other_tier == sum(move.customers for move in found.tier_moves) > 0
    assert not ScoreChoiceEntry.objects.exists()


def test_the_weights_in_force_move_nobody(counted_shop: Home) -> None:
    snapshot = open_lake(counted_shop.lake).current()
    assert snapshot is not None
    weights = {
        str(row["parameter"]).removeprefix("chosen_weight_"): row["value"]
        for row in published(counted_shop, "model_parameters")
        if str(row["parameter"]).startswith("chosen_weight_")
    }
    found = moves(snapshot, weights, ("recency", "frequency", "monetary", "clv"))  # type: ignore[arg-type]
    assert found is not None
    assert (found.much, found.to_other_tier) == (0, 0)


def test_weights_only_on_what_has_no_data_are_tried_as_the_default(
    counted_shop: Home, alice_client: Client
) -> None:
    said = {"method": BY_HAND, "weight_feedback": "100"}
    preview = alice_client.post("/value/score/try/", said).context["page"].preview
    assert sum(weight for _, weight in preview.weights) == pytest.approx(1)
    assert (preview.moves.much, preview.moves.to_other_tier) == (0, 0)


def test_a_choice_is_kept_audited_and_waits_for_the_next_refresh(
    counted_shop: Home, alice_client: Client
) -> None:
    alice_client.post("/value/score/choose/", RECENCY_ONLY)
    page = alice_client.get("/value/score/").context["page"]
    assert page.is_waiting
    assert [each.who for each in page.history] == ["alice@example.com"]
    assert score_choice().weights["recency"] == 1
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.details["method"]) == ("score.weights_chosen", BY_HAND)
    alice_client.post("/value/score/choose/", RECENCY_ONLY)
    assert ScoreChoiceEntry.objects.count() == 1


def test_contradicting_comparisons_show_which_to_look_at(counted_shop: Home, alice_client: Client) -> None:
    said = {
        "method": BY_COMPARISON,
        "pair_recency_frequency": "9",
        "pair_frequency_monetary": "9",
        "pair_recency_monetary": "1/9",
    }
    page = alice_client.post("/value/score/try/", said).context["page"]
    assert not page.consistency.is_consistent
    doubtful = [pair.name for pair in page.pairs if pair.is_doubtful]
    assert len(doubtful) == 1
    assert doubtful[0] in said
    assert dict(page.preview.fields) == said


def test_numbers_that_are_none_are_refused_with_a_sentence(counted_shop: Home, alice_client: Client) -> None:
    for said in ("many", "1e9", "-3", "1/0"):
        response = alice_client.post("/value/score/try/", RECENCY_ONLY | {"weight_clv": said})
        assert response.status_code == 400
    assert alice_client.post("/value/score/try/", {"method": BY_HAND}).status_code == 400


def test_who_may_not_change_settings_may_look_and_try(counted_shop: Home) -> None:
    client = client_of(colleague(Role.ANALYST))
    page = client.post("/value/score/try/", RECENCY_ONLY).context["page"]
    assert not page.may_change
    assert client.post("/value/score/choose/", RECENCY_ONLY).status_code == 403


def test_the_points_of_a_customer_add_up_to_the_score(counted_shop: Home, alice_client: Client) -> None:
    row = next(r for r in published(counted_shop, "value_scores") if r["recency_component"] is not None)
    Customer.objects.create(pk=row["customer_id"])
    url = f"/value/score/{row['customer_id']}/"
    found = alice_client.get(url, headers={"HX-Request": "true"}).context["page"].found
    assert sum(each.points for each in found.contributions) == pytest.approx(row["value_score"], abs=0.051)
    assert len(found.without_data) == 3
    alone = alice_client.get(url)
    assert "<html" in alone.content.decode()


def test_components_are_nothing_for_whoever_never_bought(counted_shop: Home, alice_client: Client) -> None:
    rows = published(counted_shop, "value_scores")
    row = next(r for r in rows if r["recency_component"] is None)
    assert row["value_score"] == 0
    assert all(row[column_of(name)] is None for name in COMPONENTS)
    Customer.objects.create(pk=row["customer_id"])
    page = alice_client.get(f"/value/score/{row['customer_id']}/").context["page"]
    assert page.found.never_bought


def test_the_command_shows_and_chooses_weights(counted_shop: Home) -> None:
    from zhike.value.commands import value

    def run(*options: str) -> Any:
        return CliRunner().invoke(value, ["weights", *options], obj=counted_shop, catch_exceptions=False)

    assert json.loads(run("--json").output)["method"] == BY_HAND
    chosen = json.loads(run("--compare", "clv/recency=3", "--json").output)
    assert (chosen["method"], chosen["is_waiting"]) == (BY_COMPARISON, True)
    assert score_choice().comparisons == {("recency", "clv"): pytest.approx(1 / 3)}
    assert chosen["chosen"]["clv"] > chosen["chosen"]["monetary"] > chosen["chosen"]["recency"]
    assert run("--learned").exit_code == 0
    assert score_choice().method == LEARNED
    with pytest.raises(UsageError, match="clv"):
        run("--set", "luck=3")
