"""`[refresh]` of zhike.toml."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.kernel.errors import UsageError
from zhike.lake.engines import require_known_engine


@dataclass(frozen=True)
class RefreshSettings:
    """By what a refresh computes: ``duckdb``, ``spark://HOST:PORT`` or ``spark://local``."""

    engine: str = "duckdb"

    def __post_init__(self) -> None:
        try:
            require_known_engine(self.engine)
        except UsageError as error:
            raise ValueError(f"engine {error.text.zh} / {error.text.en}") from error
