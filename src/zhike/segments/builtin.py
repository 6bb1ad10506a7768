"""Segments that every shop has from the first refresh: each is one value of one column."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.kernel.words import Text
from zhike.segments.labels import LIFECYCLE_STAGES
from zhike.value.labels import RFM_CLASSES, RFM_SEGMENTS


@dataclass(frozen=True)
class BuiltinSegment:
    """The customers whose `column` of `customer_overview` has `value`; `code` is ``<family>:<value>``."""

    code: str
    column: str
    value: str
    text: Text


FAMILIES = {"rfm": "rfm_segment", "class": "rfm_class", "stage": "lifecycle_stage"}
"""Family of segments → column of `customer_overview`."""

_LABELS = {"rfm": RFM_SEGMENTS, "class": RFM_CLASSES, "stage": LIFECYCLE_STAGES}

BUILTIN_SEGMENTS: dict[str, BuiltinSegment] = {
    f"{family}:{value}": BuiltinSegment(f"{family}:{value}", FAMILIES[family], value, text)
    for family, labels in _LABELS.items()
    for value, text in labels.items()
}
