"""Real shops to look at before one's own data are in."""

from zhike.kernel.home import BusinessSettings

COMPLETE_JOURNEY = BusinessSettings(
    name="Complete Journey", currency="USD", time_zone="America/New_York", is_sample=True
)
"""The business of the Complete Journey sample: an American grocer."""
