"""Forecasts of order days and of what each is worth by `clvkit`, for the customers of one file.

python forecasting_with_clvkit.py CUSTOMERS.parquet HORIZON_WEEKS FORECASTS.parquet; runs without anything of Zhike.
"""

import sys
import warnings

import pandas as pd
from clvkit import BGNBD, MBGNBD, CustomerBase, GammaGamma


def main():
    customers, horizon, target = pd.read_parquet(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    base = CustomerBase(
        customers.set_index("customer_id"),
        time_unit="W",
        collapse="D",
        observation_period_end=pd.Timestamp("2026-01-01"),
        has_monetary=True,
        on_negative="net",
    )
    made = {"amount": _values(GammaGamma().fit(base).predict())}
    for model in (BGNBD(), MBGNBD()):
        made[type(model).__name__] = _values(model.fit(base).predict(horizon))
    pd.DataFrame(made).to_parquet(target)


def _values(prediction):
    return prediction.to_pandas().squeeze().to_numpy()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
