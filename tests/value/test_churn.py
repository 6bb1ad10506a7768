"""Who stays away: learnt from closed months, tested on later days, with reasons that are true."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from zhike.value.analysis.btyd import BgNbdParameters
from zhike.value.analysis.churn import (
    CHURN,
    SCORES,
    ChurnModels,
    Propensity,
    Rhythm,
    Sample,
    Unlearnable,
    churn_models,
    churn_scores,
    columns_of,
    last_closed_day,
    learn,
    lost_horizon_days,
)
from zhike.value.analysis.churn.inputs import FEATURES, INPUTS, feature_matrix, usual_gap_of_shop
from zhike.value.labels import RISK_BANDS_FROM

AS_OF = date(2026, 7, 10)
UNTIL = date(2026, 6, 30)
RHYTHM = Rhythm(60, 120, 240)
START = date(2024, 7, 1)


def simulated(customers: int, *, seed: int = 1) -> tuple[Sample, dict[int, date]]:
    """Buyers with a rhythm of their own who leave for good on a day of their own; the days are the truth."""
    chance = np.random.default_rng(seed)
    owners, days, amounts, gone = [], [], [], {}
    for customer in range(1, customers + 1):
        mean = float(np.exp(chance.normal(np.log(25), 0.5)))
        day = START + timedelta(days=int(chance.integers(0, 500)))
        leaves = day + timedelta(days=int(chance.exponential(350)))
        gone[customer] = leaves
        while day <= min(leaves, UNTIL):
            owners.append(customer)
            days.append(day)
            amounts.append(int(chance.integers(2_000, 20_000)))
            day += timedelta(days=max(1, round(float(chance.gamma(2.0, mean / 2.0)))))
    return sample_of(owners, days, amounts), gone


def sample_of(owners: list[int], days: list[date], amounts: list[int]) -> Sample:
    orders = pa.table(
        {
            "person_id": pa.array(owners, pa.int64()),
            "ordered_on": pa.array(days, pa.date32()),
            "net_amount": pa.array(amounts, pa.int64()),
            "discount_amount": pa.array([0] * len(owners), pa.int64()),
        }
    )
    nothing = pa.table({"customer_id": pa.array([], pa.int64()), "first_on": pa.array([], pa.date32())})
    return Sample(orders, nothing)


def inputs_of(sample: Sample, day: date) -> pa.Table:
    customers, inputs = sample.buyers_on(day)
    return pa.table({"customer_id": customers} | {name: inputs[name] for name in INPUTS})


@pytest.fixture(scope="module")
def shop() -> tuple[Sample, dict[int, date]]:
    return simulated(1500)


@pytest.fixture(scope="module")
def learnt(shop: tuple[Sample, dict[int, date]]) -> Propensity:
    found = learn(shop[0], until=UNTIL, horizon_days=120)
    assert isinstance(found, Propensity)
    return found


def fitted_with(
    learnt: Propensity | None, inputs: pa.Table, orders: BgNbdParameters | None = None
) -> ChurnModels:
    models = {} if learnt is None else {CHURN: learnt}
    return churn_models(120, RHYTHM, orders, models, columns_of(inputs), None)


def test_the_model_is_tested_on_days_that_it_has_not_seen(learnt: Propensity) -> None:
    assert learnt.quality is not None
    assert learnt.quality.learnt.until <= learnt.quality.tested.cut_off
    assert not learnt.quality.is_of_other_customers
    assert learnt.learnt.until == UNTIL


def test_it_beats_the_simple_rule_and_its_percentages_are_true(learnt: Propensity) -> None:
    quality = learnt.quality
    assert quality is not None
    assert quality.model.auc is not None
    assert quality.rule.auc is not None
    assert quality.model.auc > max(0.8, quality.rule.auc)
    assert quality.model.log_loss < quality.rule.log_loss
    for each in quality.reliability:
        if each.customers >= 100:
            assert abs(each.predicted - each.actual) < 0.15


def test_those_who_really_left_are_ranked_first(
    shop: tuple[Sample, dict[int, date]], learnt: Propensity
) -> None:
    from zhike.value.analysis.churn.measures import auc

    inputs = inputs_of(shop[0], UNTIL)
    scored = churn_scores(inputs, fitted=fitted_with(learnt, inputs))[SCORES]
    left = np.array([shop[1][customer] <= UNTIL for customer in scored["customer_id"].to_pylist()])
    found = auc(np.array(scored["lost_probability"].to_pylist()), left)
    assert found is not None
    assert found > 0.9


def test_the_same_rows_in_another_order_give_the_same_scores(shop: tuple[Sample, dict[int, date]]) -> None:
    sample = shop[0]
    shuffled = sample.orders.take(pa.array(np.random.default_rng(3).permutation(sample.orders.num_rows)))
    inputs = inputs_of(sample, UNTIL)
    both = []
    for orders in (sample.orders, shuffled):
        found = learn(Sample(orders, sample.categories), until=UNTIL, horizon_days=120)
        assert isinstance(found, Propensity)
        both.append(churn_scores(inputs, fitted=fitted_with(found, inputs))[SCORES])
    assert both[0].equals(both[1])


def test_orders_after_the_last_closed_month_change_nothing(shop: tuple[Sample, dict[int, date]]) -> None:
    assert last_closed_day(AS_OF) == UNTIL
    assert last_closed_day(UNTIL) == date(2026, 5, 31)
    later = pa.concat_tables([shop[0].orders, sample_of([1, 2], [AS_OF, AS_OF], [10, 10]).orders])
    one, other = (
        learn(Sample(orders, shop[0].categories), until=UNTIL, horizon_days=120)
        for orders in (shop[0].orders, later)
    )
    assert isinstance(one, Propensity)
    assert isinstance(other, Propensity)
    matrix = feature_matrix(shop[0].buyers_on(UNTIL)[1], one.usual_gap_days)
    assert np.array_equal(one.model.probabilities(matrix), other.model.probabilities(matrix))


def test_the_reasons_are_facts_of_the_customer_and_their_effects_are_exact(
    shop: tuple[Sample, dict[int, date]], learnt: Propensity
) -> None:
    inputs = inputs_of(shop[0], UNTIL)
    scored = churn_scores(inputs, fitted=fitted_with(learnt, inputs))[SCORES].to_pylist()
    for row, given in zip(scored, inputs.to_pylist(), strict=True):
        if row["reason_1"] == "quiet":
            assert row["reason_1_value"] == given["recency_days"]
        effects = [abs(row[f"reason_{n}_effect"]) for n in (1, 2, 3) if row[f"reason_{n}"]]
        assert effects == sorted(effects, reverse=True)
        assert all(effect >= 0.02 for effect in effects)
    long_quiet = [
        row for row, given in zip(scored, inputs.to_pylist(), strict=True) if given["recency_days"] > 300
    ]
    assert long_quiet
    assert all(row["reason_1"] == "quiet" and row["reason_1_effect"] > 0 for row in long_quiet)
    matrix = feature_matrix(columns_of(inputs), learnt.usual_gap_days)
    changed = matrix.copy()
    for name in ("recency_days", "recency_ratio"):
        changed[:, FEATURES.index(name)] = learnt.model.ordinary[FEATURES.index(name)]
    exact = learnt.model.raw(matrix) - learnt.model.raw(changed)
    assert learnt.model.told(matrix)[1][:, 0] == pytest.approx(exact)


def test_bands_follow_the_probability(shop: tuple[Sample, dict[int, date]], learnt: Propensity) -> None:
    inputs = inputs_of(shop[0], UNTIL)
    borders = [*RISK_BANDS_FROM.values(), 1.01]
    for row in churn_scores(inputs, fitted=fitted_with(learnt, inputs))[SCORES].to_pylist():
        place = list(RISK_BANDS_FROM).index(row["risk_band"])
        assert borders[place] <= row["lost_probability"] < borders[place + 1]


def test_too_few_customers_or_days_cannot_be_learnt_from() -> None:
    few, _ = simulated(80)
    found = learn(few, until=UNTIL, horizon_days=120)
    assert isinstance(found, Unlearnable)
    assert "200" in found.reason.en
    short = learn(few, until=START + timedelta(days=150), horizon_days=120)
    assert isinstance(short, Unlearnable)
    assert "180" in short.reason.en


@pytest.mark.parametrize(
    ("owners", "days"),
    [
        ([], []),
        ([1, 2, 3], [UNTIL] * 3),
        (list(range(400)), [START + timedelta(days=n % 600) for n in range(400)]),
        ([1] * 3 + [2] * 2, [date(2006, 1, 1), date(2016, 1, 1), UNTIL, date(2010, 5, 5), UNTIL]),
    ],
    ids=["nobody", "one day", "one-time buyers", "gaps of ten years"],
)
def test_odd_shops_get_scores_from_the_rule_or_none(owners: list[int], days: list[date]) -> None:
    sample = sample_of(owners, days, [10**12] * len(owners))
    found = learn(sample, until=UNTIL, horizon_days=120)
    inputs = inputs_of(sample, UNTIL)
    models = fitted_with(found if isinstance(found, Propensity) else None, inputs)
    scored = churn_scores(inputs, fitted=models)[SCORES]
    assert scored.num_rows == len(set(owners))
    assert all(0 <= p <= 1 for p in scored["lost_probability"].to_pylist())


def test_without_a_model_the_rule_goes_by_the_rhythm_and_knows_no_purchase() -> None:
    quiet = [10, 100, 200, 400]
    sample = sample_of([1, 2, 3, 4], [UNTIL - timedelta(days=n) for n in quiet], [5_000] * 4)
    inputs = inputs_of(sample, UNTIL)
    scored = churn_scores(inputs, fitted=fitted_with(None, inputs))[SCORES].to_pylist()
    assert [row["risk_band"] for row in scored] == ["low", "medium", "high", "lost"]
    assert {row["method"] for row in scored} == {"rule"}
    assert {row["purchase_probability_30d"] for row in scored} == {None}
    assert [(row["reason_1"], row["reason_1_value"]) for row in scored] == [("quiet", n) for n in quiet]


def test_bg_nbd_stands_in_where_it_could_be_fitted() -> None:
    cdnow = BgNbdParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=-9582.4, time_unit="W")
    sample, _ = simulated(40)
    inputs = inputs_of(sample, UNTIL)
    scored = churn_scores(inputs, fitted=fitted_with(None, inputs, cdnow))[SCORES].to_pylist()
    assert {row["method"] for row in scored} == {"btyd"}
    for row in scored:
        assert row["lost_probability"] <= 1 - row["purchase_probability_30d"] + 1e-12


@pytest.mark.parametrize(
    ("wished", "history", "expected"),
    [(45, 100, 45), (0, 1000, 240), (0, 539, 120), (0, 540, 240), (0, 0, 120)],
)
def test_the_horizon_is_the_own_definition_of_lost(wished: int, history: int, expected: int) -> None:
    assert lost_horizon_days(wished, lost_days=240, dormant_days=120, history_days=history) == expected


def test_the_usual_gap_of_a_shop_without_regulars_is_thirty_days() -> None:
    sample = sample_of([1, 2], [UNTIL, UNTIL], [1, 1])
    assert usual_gap_of_shop(sample.buyers_on(UNTIL)[1]) == 30.0
