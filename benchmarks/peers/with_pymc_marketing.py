"""BG/NBD, Gamma-Gamma and CLV by `pymc-marketing`: its own priors, the maximum of the posterior instead of a sample."""

import logging
import warnings

from clock import YEARLY_DISCOUNT, measured
from pymc_marketing import __version__
from pymc_marketing.clv import BetaGeoModel, GammaGammaModel

MONTHS, WEEKS_A_MONTH = 12, 30.4375 / 7


def task(customers, clock):
    orders = BetaGeoModel()
    orders.fit(customers[["customer_id", "frequency", "recency", "T"]], method="map", progressbar=False)
    clock.done("orders")
    repeat = customers[customers["monetary_value"] > 0]
    amounts = GammaGammaModel()
    amounts.fit(repeat[["customer_id", "frequency", "monetary_value"]], method="map", progressbar=False)
    clock.done("amounts")
    discount = (1 + YEARLY_DISCOUNT) ** (1 / MONTHS) - 1
    value = amounts.expected_customer_lifetime_value(
        transaction_model=orders, data=customers, future_t=MONTHS, discount_rate=discount, time_unit="W"
    )
    clock.done("clv")
    return {
        "version": __version__,
        "orders": _parameters(orders, ("r", "alpha", "a", "b")),
        "amounts": _parameters(amounts, ("p", "q", "v")),
        "total": float(value.sum()),
        "steps": [WEEKS_A_MONTH * month for month in range(1, MONTHS + 1)],
        "discount": discount,
    }


def _parameters(model, names):
    return {name: float(model.fit_result[name].mean()) for name in names}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    measured(task)
