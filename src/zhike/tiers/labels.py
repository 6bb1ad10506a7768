"""What the levels of the default scheme are called, and their colours. Pure: schemas import it."""

from zhike.kernel.words import Text

TIERS: dict[str, Text] = {
    "high": Text("高价值", "High value"),
    "middle": Text("中价值", "Middle value"),
    "low": Text("低价值", "Low value"),
}
"""The levels of the default scheme, highest first."""

TIER_COLOURS = {"high": "blue", "middle": "teal", "low": "grey"}
