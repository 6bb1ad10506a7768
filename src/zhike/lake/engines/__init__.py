"""The only place that opens DuckDB, Spark or another engine."""

from __future__ import annotations

from pathlib import Path

from zhike.kernel.errors import UsageError
from zhike.lake.engines.duckdb import DuckDBEngine, private_database
from zhike.lake.engines.protocol import (
    REFRESH_BUDGET,
    ROWS_A_PART,
    WEB_BUDGET,
    WORKER_BUDGET,
    Budget,
    Engine,
    Fold,
)
from zhike.lake.engines.spark_addresses import address_of

__all__ = [
    "REFRESH_BUDGET",
    "ROWS_A_PART",
    "WEB_BUDGET",
    "WORKER_BUDGET",
    "Budget",
    "DuckDBEngine",
    "Engine",
    "Fold",
    "open_engine",
    "private_database",
    "require_known_engine",
]


def open_engine(url: str, budget: Budget, *, spill: Path) -> Engine:
    """The engine that a URL names: ``duckdb``, or Spark, ``spark://HOST:PORT`` or ``spark://local``.

    Raises
    ------
    UsageError
        As `require_known_engine`.
    ZhikeError
        ``engine.unreachable`` and what else keeps `spark_sessions.Session` from starting.
    """
    require_known_engine(url)
    if url == "duckdb":
        return DuckDBEngine(budget, spill)
    # PySpark is an extra, and takes its time to load: only who asks for it pays.
    from zhike.lake.engines.spark import SparkEngine

    return SparkEngine(url, budget, spill)


def require_known_engine(url: str) -> None:
    """Refuse what `open_engine` would, without opening anything.

    Raises
    ------
    UsageError
        ``engine.unknown``, ``engine.address``.
    """
    if url.startswith("spark://"):
        address_of(url)
    elif url != "duckdb":
        raise UsageError(
            "engine.unknown",
            zh=f"不认识计算引擎“{url}”；可用：duckdb、spark://主机:端口、spark://local",
            en=f"unknown engine “{url}”; known: duckdb, spark://HOST:PORT, spark://local",
        )
