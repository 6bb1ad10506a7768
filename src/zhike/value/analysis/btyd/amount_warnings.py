"""What in the amounts Gamma-Gamma cannot carry: said with the fit, so that nobody trusts it unseen."""

import numpy as np

from zhike.kernel.words import Text
from zhike.value.analysis.btyd.amount_independence import independence_of
from zhike.value.analysis.btyd.checks import Floats

FEW = 0.001
"""The largest spenders looked at: one in a thousand customers, and one at least."""

LARGE_SHARE = 0.2
"""Of all spend. CDNOW's largest thousandth holds 4 %, Complete Journey's 1 %."""

FAR = 100.0
"""A mean amount this many times the median is a company, a reseller or a mistake."""

LEAST_CUSTOMERS = 100.0
"""Below, one of a few customers holds much of the spend by right."""

MOST_RANKED = 40_000
"""Rows that the dependence is looked for in: their rank correlation is known to within ±0.01."""


def amount_warnings(x: Floats, mean: Floats, n: Floats, law: tuple[float, float, float]) -> tuple[Text, ...]:
    """Return what breaks the model; nothing for well-behaved amounts.

    Parameters
    ----------
    x, mean, n : ndarray, shape (u,)
        Orders, mean amounts and customers of each row, all above 0.
    law : tuple of float
        The fitted p, q and gamma: amounts have a mean for q > 1 and a variance for q > 2.
    """
    found = [tail_warning(law[1]), outlier_warning(mean, n), concentration_warning(x, mean, n)]
    some = slice(None, None, -(-x.size // MOST_RANKED))
    dependence = independence_of(x[some], mean[some], n[some], law)
    if dependence.verdict == "dependent":
        found.append(dependence.sentence)
    return tuple(warning for warning in found if warning is not None)


def tail_warning(q: float) -> Text | None:
    """Say when the spread of mean amounts over customers is infinite under the fitted model."""
    if q <= 1.0:
        return _NO_MEAN.format(q=f"{q:.2f}")
    return _NO_VARIANCE.format(q=f"{q:.2f}") if q <= 2.0 else None


def outlier_warning(mean: Floats, n: Floats) -> Text | None:
    """Say when somebody's orders are of another world than everybody else's."""
    median = weighted_median(mean, n)
    far = mean > FAR * median
    if not far.any():
        return None
    return _OUTLIERS.format(count=f"{n[far].sum():.0f}", times=f"{mean.max() / median:.0f}")


def weighted_median(values: Floats, n: Floats) -> float:
    """Return the lower median, as if each row of shape (u,) stood there n times."""
    if n.min() == n.max():
        middle = (values.size + 1) // 2 - 1
        return float(np.partition(values, middle)[middle])
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(n[order]), n.sum() / 2.0)])


def concentration_warning(x: Floats, mean: Floats, n: Floats) -> Text | None:
    """Say when a handful of customers hold much of all spend."""
    customers = float(n.sum())
    if customers < LEAST_CUSTOMERS:
        return None
    most = max(1.0, np.floor(FEW * customers))
    spend = x * mean
    # No more rows than these can hold the customers looked at: the others need no order.
    rows = min(int(np.ceil(most / n.min())), spend.size)
    largest = np.argpartition(spend, -rows)[-rows:]
    order = largest[np.argsort(-spend[largest])]
    taken = np.diff(np.minimum(np.cumsum(n[order]), most), prepend=0.0)
    share = float(taken @ spend[order]) / float(n @ spend)
    return _CONCENTRATED.format(count=f"{most:.0f}", share=f"{share:.0%}") if share > LARGE_SHARE else None


_NO_MEAN = Text(
    "金额过于离散（q = {q}，不大于 1）：总体平均金额不存在，没有订单记录的客户无法估计金额",
    "the amounts are too dispersed (q = {q}, not above 1): they have no population mean, and customers without "
    "orders cannot be valued",
)
_NO_VARIANCE = Text(
    "金额非常离散（q = {q}，不大于 2）：平均金额的方差不存在，少数大客户左右结果",
    "the amounts are very dispersed (q = {q}, not above 2): their variance does not exist, so that a few large "
    "customers decide the result",
)
_OUTLIERS = Text(
    "有 {count} 位客户的平均金额超过中位数的 100 倍（最高 {times} 倍）：请核对是否为企业采购、代购或录入错误，必要时单独处理",
    "{count} customers have a mean amount above 100 times the median (the highest {times} times): check for "
    "company orders, resellers or mistakes, and keep them apart if so",
)
_CONCENTRATED = Text(
    "消费最多的 {count} 位客户占全部消费的 {share}：拟合结果取决于这几位客户，请单独看待",
    "the {count} largest customers hold {share} of all spend: the fit depends on them, look at them on their own",
)
