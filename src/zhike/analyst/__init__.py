"""Python for analysts: the published tables of a shop, read only, and its models on any data frame.

`zhike.open`, `zhike.rfm` and the others are doors to this package. Nothing here needs Django.
"""
