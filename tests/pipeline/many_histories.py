"""Summing up only those who changed gives what summing up everyone gives: forty histories (`make crash`)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.pipeline.test_incremental import STEPS, compare_after

pytestmark = pytest.mark.django_db


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_incremental_is_full_whatever_happened(steps: list[list[tuple[Any, ...]]]) -> None:
    compare_after(steps)
