"""BG/NBD, Gamma-Gamma and CLV by Zhike: maximum likelihood on every customer, no sample and no prior."""

import math

from clock import YEARLY_DISCOUNT, measured

from zhike import __version__
from zhike.value.analysis.btyd import fit_bg_nbd, fit_gamma_gamma, order_forecasts

WEEKS, WEEKS_A_YEAR = 52, 365.25 / 7


def task(customers, clock):
    history = [customers[name].to_numpy() for name in ("frequency", "recency", "T")]
    frequency, mean = history[0], customers["monetary_value"].to_numpy()
    orders = fit_bg_nbd(*history)
    clock.done("orders")
    amounts = fit_gamma_gamma(frequency[mean > 0], mean[mean > 0])
    clock.done("amounts")
    discount = math.log1p(YEARLY_DISCOUNT) / WEEKS_A_YEAR
    to_come = order_forecasts(orders, *history, horizon=WEEKS, discount_rate=discount, confidence=None)
    value = to_come.discounted_orders * amounts.expected_order_amount(frequency, mean)
    clock.done("clv")
    return {
        "version": __version__,
        "orders": dict(orders.parameters),
        "amounts": {"p": amounts.p, "q": amounts.q, "v": amounts.gamma},
        "total": float(value.sum()),
        "steps": [],
        "discount": discount,
    }


if __name__ == "__main__":
    measured(task)
