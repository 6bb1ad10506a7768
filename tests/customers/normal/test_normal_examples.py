"""The examples in the docstrings are right."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from zhike.customers import normal
from zhike.kernel.words import speaking

MODULES = sorted(module.name for module in pkgutil.iter_modules(normal.__path__))


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_of_a_module_are_right(module: str) -> None:
    examined = importlib.import_module(f"zhike.customers.normal.{module}")
    with speaking("zh"):
        result = doctest.testmod(examined)
    assert result.failed == 0
    assert result.attempted > 0 or module == "surnames"
