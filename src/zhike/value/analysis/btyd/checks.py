"""Input checks shared by fitting and prediction; every refusal names the argument and the row."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zhike.value.analysis.btyd.errors import BtydError, FitError, PredictionError

Floats = NDArray[np.float64]
ErrorClass = type[BtydError]


class History(NamedTuple):
    """Checked purchase histories: three float arrays of one shape."""

    frequency: Floats
    tenure_at_last_order: Floats
    tenure: Floats


def checked(name: str, values: ArrayLike, error: ErrorClass) -> Floats:
    """Return ``values`` as floats after refusing NaN, infinity and negative numbers.

    Parameters
    ----------
    name : str
        Argument name used in the message.
    values : array_like of float, any shape
    error : type
        Error class to raise, ``FitError`` or ``PredictionError``.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as reason:
        raise error(
            "not_numbers",
            f"{name} holds something that is not a number ({reason}); pass numbers only.",
            f"{name} 中有不是数字的内容;请只传入数字。",
        ) from reason
    refuse_rows(
        ~np.isfinite(array),
        error,
        "not_finite",
        f"{name} is missing or infinite; fill the value in or leave the row out.",
        f"{name} 缺失或为无穷大;请补全该值或去掉该行。",
    )
    refuse_rows(
        array < 0,
        error,
        "negative",
        f"{name} is negative; correct the value or leave the row out.",
        f"{name} 为负数;请更正该值或去掉该行。",
    )
    return array


def refuse_rows(wrong: NDArray[np.bool_], error: ErrorClass, code: str, en: str, zh: str) -> None:
    """Raise ``error`` naming the first row (index in flattened order) where ``wrong`` holds."""
    if wrong.any():
        row = int(np.argmax(wrong.ravel()))
        count = int(np.count_nonzero(wrong))
        raise error(code, f"Row {row} ({count} in all): {en}", f"第 {row} 行(共 {count} 行):{zh}")


def checked_number(name: str, value: float, error: ErrorClass) -> float:
    """Return one number as a float; a list is refused because its results would mix."""
    array = checked(name, value, error)
    if array.ndim:
        raise error(
            "not_one_number",
            f"{name} must be one number; call once for each.",
            f"{name} 必须是单个数字;请对每个取值分别调用。",
        )
    return float(array)


def checked_columns(columns: dict[str, ArrayLike]) -> list[Floats]:
    """Return the columns of a fit as flat arrays of one length that is not zero."""
    arrays = [checked(name, values, FitError) for name, values in columns.items()]
    shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(columns, arrays, strict=True))
    if any(array.ndim != 1 or array.shape != arrays[0].shape for array in arrays):
        raise FitError(
            "different_lengths",
            f"The columns must be flat and of one length, but are {shapes}; pass one row a customer.",
            f"各列必须为一维且长度相同,实际为 {shapes};请每位客户传入一行。",
        )
    if not arrays[0].size:
        raise FitError(
            "no_rows",
            "There are no customers to fit; check the filter or the date range.",
            "没有可用于拟合的客户;请检查筛选条件或日期范围。",
        )
    return arrays


def checked_history(
    frequency: ArrayLike, tenure_at_last_order: ArrayLike, tenure: ArrayLike, error: ErrorClass
) -> History:
    """Return the three columns broadcast together, after refusing histories that cannot happen."""
    parts = [
        checked("frequency", frequency, error),
        checked("tenure_at_last_order", tenure_at_last_order, error),
        checked("tenure", tenure, error),
    ]
    try:
        history = History(*np.broadcast_arrays(*parts))
    except ValueError as reason:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise error(
            "different_shapes",
            f"frequency, tenure_at_last_order and tenure do not fit together: {shapes}; "
            "pass one row a customer.",
            f"frequency、tenure_at_last_order 与 tenure 的形状不一致:{shapes};请每位客户传入一行。",
        ) from reason
    refuse_impossible(history, error)
    return history


IMPOSSIBLE = {
    "not_whole": (
        "frequency is not a whole number; it counts repeat orders.",
        "frequency 不是整数;它是复购次数。",
    ),
    "last_order_after_end": (
        "tenure_at_last_order is larger than tenure; measure both from the first order to as_of.",
        "tenure_at_last_order 大于 tenure;两者都应从首单算起,截至 as_of。",
    ),
    "repeat_without_time": (
        "frequency is above 0 but tenure_at_last_order is 0; count orders of one day once.",
        "frequency 大于 0 而 tenure_at_last_order 为 0;同一天的订单只计一次。",
    ),
    "time_without_repeat": (
        "frequency is 0 but tenure_at_last_order is above 0; frequency counts repeat orders only.",
        "frequency 为 0 而 tenure_at_last_order 大于 0;frequency 只计复购。",
    ),
}


def refuse_impossible(history: History, error: ErrorClass) -> None:
    """Refuse counts that are not whole, last orders after the end, and repeats without time.

    A repeat order at tenure 0 is refused although the likelihood would be finite: frequency counts
    distinct order days after the first, so such a row shows that orders of one day were counted twice.
    """
    frequency, last, tenure = history
    wrong = {
        "not_whole": frequency != np.rint(frequency),
        "last_order_after_end": last > tenure,
        "repeat_without_time": (frequency > 0) & (last == 0),
        "time_without_repeat": (frequency == 0) & (last > 0),
    }
    for code, rows in wrong.items():
        refuse_rows(rows, error, code, *IMPOSSIBLE[code])


def checked_weights(weights: ArrayLike | None, rows: int) -> Floats | None:
    """Return weights of shape (rows,) with a positive sum, or None when every row counts once."""
    if weights is None:
        return None
    array = checked("weights", weights, FitError)
    if array.shape != (rows,):
        raise FitError(
            "different_lengths",
            f"weights has shape {array.shape} but there are {rows} rows; pass one weight a row.",
            f"weights 的形状为 {array.shape},而数据有 {rows} 行;请每行传入一个权重。",
        )
    return array


def refuse_parameters(parameters: dict[str, float]) -> None:
    """Refuse a model restored with parameters that are not above 0; sums over it might never end."""
    for name, value in parameters.items():
        if not 0.0 < value < np.inf:
            raise PredictionError(
                "bad_parameter",
                f"Parameter {name} is {value} but must be a finite number above 0; fit the model again.",
                f"参数 {name} 为 {value},必须是大于 0 的有限数;请重新拟合模型。",
            )
