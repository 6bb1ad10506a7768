"""Writes of this domain."""

from zhike.value.services.margin_choices import choose_margins
from zhike.value.services.score_choices import choose_weights

__all__ = ["choose_margins", "choose_weights"]
