"""Writes of this domain."""

from zhike.value.services.margin_choices import MarginChanges, change_margins, choose_margins
from zhike.value.services.score_choices import choose_weights

__all__ = ["MarginChanges", "change_margins", "choose_margins", "choose_weights"]
