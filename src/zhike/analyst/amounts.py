"""Amounts of every kind, as whole minor units."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zhike.kernel.errors import UsageError
from zhike.lake.arrays import numpy_column

MOST_DECIMALS = 6
# Sums stay whole numbers that a float carries exactly.
_LARGEST_TOTAL = float(2**53)
_NOISE = 1e-3


def minor_amounts(values: pa.ChunkedArray, name: str, *, decimals: int) -> npt.NDArray[np.int64]:
    """Amounts times 10^decimals, shape (n,), exact: nothing is rounded but the noise of binary fractions.

    Raises
    ------
    UsageError
        ``decimals.refused``, ``amounts.kind`` for what is no number, ``amounts.too_precise`` for more decimals,
        ``amounts.too_large`` where the total is past 2^53 minor units, ``amounts.infinite``.
    """
    if not isinstance(decimals, int) or not 0 <= decimals <= MOST_DECIMALS:
        raise UsageError(
            "decimals.refused",
            zh=f"decimals={decimals!r}：金额的小数位数应为 0 到 {MOST_DECIMALS} 的整数",
            en=f"decimals={decimals!r}: the decimals of an amount must be a whole number from 0 to {MOST_DECIMALS}",
        )
    kind = values.type
    if pa.types.is_decimal(kind):
        return _of_decimals(values, name, decimals)
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise UsageError(
            "amounts.kind",
            zh=f"列“{name}”的类型是 {kind}，不是金额；请先转换成数字",
            en=f"the column “{name}” is of type {kind}, which is no amount; convert it to numbers first",
        )
    noise = float(np.finfo(np.float32).eps) * 2 if kind in (pa.float32(), pa.float16()) else 0.0
    return _of_numbers(values.cast(pa.float64(), safe=False), name, decimals, noise)


def _of_numbers(values: pa.ChunkedArray, name: str, decimals: int, noise: float) -> npt.NDArray[np.int64]:
    scaled = numpy_column(pa.table({name: values}), name) * 10.0**decimals
    if not np.all(np.isfinite(scaled)):
        at = int(np.flatnonzero(~np.isfinite(scaled))[0])
        raise UsageError(
            "amounts.infinite",
            zh=f"列“{name}”第 {at} 行（从 0 起）的金额是无穷大，请先处理",
            en=f"the amount in row {at} (from 0) of “{name}” is infinite; clean it first",
        )
    _refuse_large(scaled, name)
    whole = np.rint(scaled)
    is_off = np.abs(scaled - whole) > np.maximum(_NOISE, np.abs(scaled) * noise)
    if is_off.any():
        at = int(np.flatnonzero(is_off)[0])
        raise _too_precise(name, f"{values[at].as_py()!r}, {at}", decimals)
    return whole.astype(np.int64)


def _of_decimals(values: pa.ChunkedArray, name: str, decimals: int) -> npt.NDArray[np.int64]:
    try:
        exact = values.cast(pa.decimal128(38, decimals))
    except pa.ArrowInvalid as error:
        raise _too_precise(name, str(values.type), decimals) from error
    # The same bytes, read as whole numbers of minor units.
    chunks = [chunk.view(pa.decimal128(38, 0)) for chunk in exact.chunks]
    units = pa.chunked_array(chunks, pa.decimal128(38, 0))
    _refuse_large(numpy_column(pa.table({name: units.cast(pa.float64())}), name), name)
    return numpy_column(pa.table({name: units.cast(pa.int64())}), name).astype(np.int64)


def _refuse_large(scaled: npt.NDArray[np.float64], name: str) -> None:
    if float(np.abs(scaled).sum()) >= _LARGEST_TOTAL:
        raise UsageError(
            "amounts.too_large",
            zh=f"列“{name}”的金额合计过大，无法精确计算；请减少 decimals，或检查离群值",
            en=f"the amounts of “{name}” are too large in total to be exact; use fewer decimals, or check the outliers",
        )


def _too_precise(name: str, what: str, decimals: int) -> UsageError:
    return UsageError(
        "amounts.too_precise",
        zh=f"列“{name}”的金额多于 {decimals} 位小数（{what}）；请先四舍五入，或用 decimals= 指定更多位数",
        en=f"amounts of “{name}” have more than {decimals} decimals ({what}); round them, or allow more by decimals=",
    )
