"""The `zhike` command."""

from zhike.cli.root import main

__all__ = ["main"]
