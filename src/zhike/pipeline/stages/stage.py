"""What a stage is, and what the stages of one refresh share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import ibis.expr.types as ir
import pyarrow as pa

from zhike.kernel.words import Text
from zhike.lake import catalog
from zhike.lake.snapshots import Changed, Draft
from zhike.pipeline.incremental import Who
from zhike.pipeline.scores import Models
from zhike.segments.settings import LifecycleSettings
from zhike.tiers.settings import TierSettings
from zhike.value.analysis.drawing import rows_of_drawn
from zhike.value.analysis.features import COUNTED
from zhike.value.analysis.scores import ScoreChoice
from zhike.value.selectors import backtests
from zhike.value.settings import ValueSettings


@dataclass
class Refresh:
    """What the stages share: the draft, the settings, and what earlier stages leave for later ones.

    `recomputed` customers had their orders summed up again, None means everyone. `past_is_unchanged` says that
    no fact before the month of `as_of` differs from the snapshot before: what looks only at closed months may
    be carried over.
    `measured` is what the back-test found: target → method → metric → value.
    """

    draft: Draft
    as_of: date
    value_settings: ValueSettings
    lifecycle_settings: LifecycleSettings
    tier_settings: TierSettings
    profile_map_mark: str
    read_profile_map: Callable[[str], Changed]
    score_choice: ScoreChoice = field(default_factory=ScoreChoice)
    is_full: bool = False
    recomputed: int | None = None
    past_is_unchanged: bool = False
    who: Who = field(init=False)
    features: ir.Table = field(init=False)
    cohorts: ir.Table = field(init=False)
    days: ir.Table = field(init=False)
    rfm_inputs: ir.Table | None = None
    measured: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    buyers: ir.Table = field(init=False)
    models: Models = field(init=False)
    next_orders: ir.Table = field(init=False)
    _drawn: tuple[float, ir.Table] | None = None

    @cached_property
    def first_order_on(self) -> date | None:
        """The day of the first order of a customer; None without any."""
        return backtests.first_order_on(self.draft)

    @property
    def merged(self) -> ir.Table:
        """As `features.merged_profiles`."""
        return self.who.merged

    @property
    def people(self) -> ir.Table:
        """As `features.people`."""
        return self.who.people

    def orders_of_drawn(self, share: float) -> ir.Table:
        """The `COUNTED` columns of all orders of the persons who are drawn, and of others: read once for several stages."""
        if share >= 1:
            return self.draft.table("orders")
        if self._drawn is None or self._drawn[0] < share:
            rows = rows_of_drawn(self.draft.table("orders"), self.merged, share).select(*COUNTED)
            self._drawn = share, self.draft.keep("orders_of_drawn", rows)
        return self._drawn[1]

    def orders_with_drawn(self, share: float) -> ir.Table:
        """Orders among which are all of the persons who are drawn: `orders_of_drawn` if they were read already, else all."""
        if self._drawn is not None and self._drawn[0] >= share:
            return self._drawn[1]
        return self.draft.table("orders")

    def drop_drawn(self) -> None:
        """Nobody learns from the orders of `orders_of_drawn` any more."""
        if self._drawn is not None:
            self.draft.drop(self._drawn[1])
            self._drawn = None


@dataclass(frozen=True)
class Stage:
    """One step of the refresh; `run` returns the rows that it made."""

    name: str
    text: Text
    run: Callable[[Refresh], int]


def describe_models(refresh: Refresh, rows: pa.Table) -> None:
    """Add what further models rest on to `model_parameters`."""
    schema = catalog.table("model_parameters").arrow_schema()
    before = refresh.draft.fetch(refresh.draft.table("model_parameters")).cast(schema)
    refresh.draft.produce_rows("model_parameters", pa.concat_tables([before, rows.cast(schema)]))
