"""Zhike 知客: a customer value platform."""

__version__ = "0.1.0"
