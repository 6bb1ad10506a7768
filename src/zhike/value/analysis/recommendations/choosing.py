"""Which blend lists best what customers bought in the last closed month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.value.analysis.parameters import Row
from zhike.value.analysis.recommendations.lists import LIST_LENGTH, Blend, best_lists
from zhike.value.analysis.recommendations.model import (
    Bought,
    ItemModel,
    Past,
    Shares,
    bought_of,
    learnt_items,
    past_of,
    shuffled,
)

MODEL = "recommendations"
LEAST_COMPARED = 50
MOST_COMPARED = 2_000
POPULAR = Blend("popular", again=0.0, together=0.0, popular=1.0)
OWN_REPEAT = Blend("own_repeat", again=1.0, together=0.0, popular=0.0)
BASELINES = (POPULAR, OWN_REPEAT)
BLENDS = (
    Blend("again_60d", again=1.0, together=0.1, popular=0.1, half_life_days=60),
    Blend("again_180d", again=1.0, together=0.1, popular=0.1, half_life_days=180),
    Blend("even_60d", again=1.0, together=0.5, popular=0.3, half_life_days=60),
    Blend("even_180d", again=1.0, together=0.5, popular=0.3, half_life_days=180),
    Blend("together_60d", again=1.0, together=2.0, popular=0.3, half_life_days=60),
    Blend("together_180d", again=1.0, together=2.0, popular=0.3, half_life_days=180),
    Blend("discover", again=0.0, together=1.0, popular=0.1, half_life_days=180),
)
DEFAULT = BLENDS[3]


@dataclass(frozen=True)
class Holdout:
    """The days of the last closed month."""

    first_on: date
    last_on: date

    @property
    def known_until(self) -> date:
        return self.first_on - timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """The blend to use, and the recall of all on customers that had no say in the choice; of none if too few."""

    blend: Blend
    recalls: Mapping[str, float] = field(default_factory=dict)
    customers: int = 0
    holdout: Holdout | None = None


def last_closed_month(last_sold_on: date, *, as_of: date) -> Holdout:
    """The last month with a sale that was over on `as_of`."""
    after = (last_sold_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    if after - timedelta(days=1) > as_of:
        after = last_sold_on.replace(day=1)
    last = after - timedelta(days=1)
    return Holdout(last.replace(day=1), last)


def choose(known: pa.Table, came: pa.Table, order_counts: npt.NDArray[Any], *, holdout: Holdout) -> Choice:
    """Compare all blends; the best of one half of the customers is measured on the other and used unless a baseline beats it.

    Parameters
    ----------
    known, came
        Rows of `customer_products` before the held-out month, and of that month.
    order_counts
        Orders that had each item in the days before the month.
    """
    items = len(order_counts)
    bought = bought_of(known, until=holdout.known_until, item_count=items)
    truth = bought_of(came, until=holdout.last_on, item_count=items)
    compared = np.intersect1d(bought.customer_ids, truth.customer_ids)
    compared = compared[shuffled(compared)[:MOST_COMPARED]]
    if len(compared) < LEAST_COMPARED:
        return Choice(DEFAULT)
    model = learnt_items(bought, order_counts)
    recalls = {blend: recall(bought, truth, compared, model, blend) for blend in (*BASELINES, *BLENDS)}
    best = max(BLENDS, key=lambda blend: float(recalls[blend][::2].mean()))
    measured = {blend: float(each[1::2].mean()) for blend, each in recalls.items()}
    # As good as a baseline is enough: in a catalogue of ten products every list finds everything.
    champion = max((best, *BASELINES), key=lambda blend: measured[blend])
    named = {blend.name: value for blend, value in measured.items()}
    return Choice(champion, named, len(compared[1::2]), holdout)


def recall(
    bought: Bought, truth: Bought, compared: npt.NDArray[np.int64], model: ItemModel, blend: Blend
) -> Shares:
    """Recall at ten of each customer: hits among the ten, by what they bought or ten, whichever is less."""
    past = past_of(bought, model, blend.half_life_days)
    at = np.searchsorted(bought.customer_ids, compared)
    came = truth.matrix(np.ones(len(truth.items)))[np.searchsorted(truth.customer_ids, compared)]
    hits = [np.zeros(0)]
    for block, lists in best_lists(Past(past.again[at], past.liking[at]), model, blend):
        is_bought = np.take_along_axis(came[block].toarray(), lists.items, axis=1)
        hits.append((is_bought * (lists.scores > 0)).sum(axis=1))
    recalls: Shares = np.concatenate(hits) / np.minimum(LIST_LENGTH, np.diff(came.indptr))
    return recalls


def parameter_rows(choice: Choice, *, customers: int, products: int, no_profiling: int) -> list[Row]:
    """What the lists rest on, for `model_parameters`."""
    blend = choice.blend
    rows: list[Row] = [
        (MODEL, "method", float(_position(blend)), _why(choice)),
        (MODEL, "customers", float(customers), None),
        (MODEL, "products", float(products), None),
        (MODEL, "no_profiling", float(no_profiling), None),
        *(
            (MODEL, f"weight_{name}", float(getattr(blend, name)), None)
            for name in ("again", "together", "popular")
        ),
    ]
    if blend.half_life_days:
        rows.append((MODEL, "half_life_days", blend.half_life_days, None))
    if choice.holdout:
        rows.append((MODEL, "recall_customers", float(choice.customers), _window(choice.holdout)))
    return rows + [(MODEL, f"recall_at_10_{name}", value, None) for name, value in choice.recalls.items()]


def _position(blend: Blend) -> int:
    return (*BASELINES, *BLENDS).index(blend)


def _window(holdout: Holdout) -> Text:
    days = f"{holdout.first_on} – {holdout.last_on}"
    return Text(f"留出 {days}", f"held out: {days}")


def _why(choice: Choice) -> Text:
    name = choice.blend.name
    if not choice.recalls:
        return Text(
            f"{name}：上月可比的客户不足 {LEAST_COMPARED} 人，用默认权重",
            f"{name}: fewer than {LEAST_COMPARED} customers to compare in the last closed month, default weights",
        )
    if choice.blend in BASELINES:
        return Text(
            f"{name}：各种混合都不如这个基线，直接用基线",
            f"{name}: no blend did as well as this baseline, which is used",
        )
    return Text(f"{name}：回测中不逊于两个基线", f"{name}: no worse than both baselines in the back-test")
