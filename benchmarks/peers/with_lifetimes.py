"""BG/NBD, Gamma-Gamma and CLV by `lifetimes`, as its documentation shows; the horizon is counted in months."""

import warnings

from clock import YEARLY_DISCOUNT, measured
from lifetimes import BetaGeoFitter, GammaGammaFitter, __version__

MONTHS, WEEKS_A_MONTH = 12, 4.345


def task(customers, clock):
    orders = BetaGeoFitter().fit(customers["frequency"], customers["recency"], customers["T"])
    clock.done("orders")
    repeat = customers[customers["monetary_value"] > 0]
    amounts = GammaGammaFitter().fit(repeat["frequency"], repeat["monetary_value"])
    clock.done("amounts")
    discount = (1 + YEARLY_DISCOUNT) ** (1 / MONTHS) - 1
    columns = (customers[name] for name in ("frequency", "recency", "T", "monetary_value"))
    value = amounts.customer_lifetime_value(orders, *columns, time=MONTHS, discount_rate=discount, freq="W")
    clock.done("clv")
    return {
        "version": __version__,
        "orders": dict(orders.params_),
        "amounts": dict(amounts.params_),
        "total": float(value.sum()),
        "steps": [WEEKS_A_MONTH * month for month in range(1, MONTHS + 1)],
        "discount": discount,
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    measured(task)
