"""A shop to look at, and one without an order."""

from tests.counted_shop import _built, counted_shop, empty_shop  # noqa: F401 - fixtures
