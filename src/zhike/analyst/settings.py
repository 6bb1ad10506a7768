"""Arguments of a notebook as the settings of the value engine."""

from __future__ import annotations

from typing import Any

from zhike.kernel.errors import UsageError
from zhike.value.settings import ValueSettings


def value_settings(decimals: int, **arguments: Any) -> ValueSettings:
    """`ValueSettings` of the arguments that were given; monetary thresholds in major units.

    Raises
    ------
    UsageError
        ``arguments.refused`` for what the settings refuse.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        if "monetary_thresholds" in given:
            given["monetary_thresholds"] = [
                round(value * 10**decimals) for value in given["monetary_thresholds"]
            ]
        for name in ("recency_thresholds_days", "frequency_thresholds", "monetary_thresholds"):
            if name in given:
                given[name] = tuple(given[name])
        _refuse_other_kinds(given)
        return ValueSettings(**given)
    except (ValueError, TypeError) as error:
        raise UsageError("arguments.refused", zh=f"参数不可用：{error}", en=f"refused: {error}") from error


def whole_days(name: str, days: object, *, least: int, most: int = 3650) -> int:
    """A number of days.

    Raises
    ------
    UsageError
        ``days.refused`` for fractions, other types and what is out of bounds: weeks and years are not days.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not least <= days <= most:
        raise UsageError(
            "days.refused",
            zh=f"{name}={days!r}：应为 {least} 到 {most} 的整数天数（一年写 365，一周写 7）",
            en=f"{name}={days!r}: must be a whole number of days from {least} to {most} (a year is 365, a week 7)",
        )
    return days


def _refuse_other_kinds(given: dict[str, Any]) -> None:
    whole_days("look_back_days", given.get("rfm_look_back_days", 0), least=0)
    for name in ("margin", "discount_rate_yearly"):
        if name in given:
            given[name] = float(given[name])
