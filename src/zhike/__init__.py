"""Zhike 知客: a customer value platform.

For analysts: `open` a shop's published tables; `rfm`, `clv` and `histories` of any data frame; `models`, the models
themselves; `speak` a language. See docs/python.md.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# Loaded at the first use: `import zhike` is instant, for commands and the web import it too. Types are in __init__.pyi.
_PLACES = {
    "open": "zhike.analyst.shops:open_shop",
    "rfm": "zhike.analyst.rfm:rfm",
    "clv": "zhike.analyst.clv:clv",
    "histories": "zhike.analyst.histories:histories",
    "speak": "zhike.analyst.bilingual:speak",
    "models": "zhike.value.analysis.btyd:",
    "Shop": "zhike.analyst.shops:Shop",
    "ShopTable": "zhike.analyst.tables:ShopTable",
    "RfmResult": "zhike.analyst.rfm:RfmResult",
    "ClvResult": "zhike.analyst.clv:ClvResult",
    "Histories": "zhike.analyst.histories:Histories",
    "ZhikeError": "zhike.kernel.errors:ZhikeError",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'zhike' has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    found = import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
