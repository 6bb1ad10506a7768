"""BG/NBD, Gamma-Gamma and CLV by `clvkit`: `CLV().fit(base).predict(horizon=52)`, one step a week."""

import warnings

import pandas as pd
from clock import YEARLY_DISCOUNT, measured
from clvkit import BGNBD, CLV, CustomerBase, GammaGamma, __version__

WEEKS = 52


def task(customers, clock):
    base = CustomerBase(
        customers.set_index("customer_id"),
        time_unit="W",
        collapse="D",
        observation_period_end=pd.Timestamp("2026-01-14"),
        has_monetary=True,
        on_negative="net",
    )
    orders, amounts = _Timed(BGNBD(), clock, "orders"), _Timed(GammaGamma(), clock, "amounts")
    # Its test of whether amounts depend on frequency is not part of what is asked.
    both = CLV(orders, amounts, check_independence=False).fit(base)
    discount = (1 + YEARLY_DISCOUNT) ** (7 / 365.25) - 1
    value = both.predict(horizon=WEEKS, discount_rate=discount).to_pandas()["clv"]
    clock.done("clv")
    found = amounts.model
    return {
        "version": __version__,
        "orders": dict(orders.model.params_),
        "amounts": {"p": found.p, "q": found.q, "v": found.gamma},
        "total": float(value.sum()),
        "steps": list(range(1, WEEKS + 1)),
        "discount": discount,
    }


class _Timed:
    """A model that tells the clock when it is fitted."""

    def __init__(self, model, clock, step):
        self.model, self._clock, self._step = model, clock, step

    def fit(self, base):
        self.model.fit(base)
        self._clock.done(self._step)
        return self

    def predict(self, *arguments):
        return self.model.predict(*arguments)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    measured(task)
