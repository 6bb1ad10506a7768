"""Which records are one person: rules that are certain, then Splink for what is only likely.

Everything here works on plain names and contacts, so it works in memory and writes nothing down.
"""
