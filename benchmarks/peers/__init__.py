"""BG/NBD, Gamma-Gamma and the value of the next 52 weeks for a million customers: Zhike beside three other libraries.

Every library works in a process and an environment of its own (`environments.py`), on the same Parquet file
(`customers.py`), by the call that its documentation shows (`with_*.py`); `referee.py` judges all answers by one measure.
"""
