"""`make bench`: prints the table of benchmarks/README.md.

python -m benchmarks [refresh] [fit] [pages] [identity] [--customers N]; all four by default. Generated data stay in
benchmarks/data.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from benchmarks import fit, identity, pages, refresh

DATA = Path(__file__).parent / "data"
ORDERS_EACH = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("what", nargs="*", default=["refresh", "fit", "pages", "identity"])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    folder = DATA / str(chosen.customers)
    print(
        "versions:",
        ", ".join(
            f"{name} {version(name)}" for name in ("duckdb", "ibis-framework", "numpy", "lifetimes", "splink")
        ),
    )
    if "refresh" in chosen.what:
        _refresh(folder, chosen.customers, chosen.rounds)
    if "fit" in chosen.what:
        _fit(chosen.customers, chosen.rounds)
    if "pages" in chosen.what:
        _pages(folder, chosen.customers)
    if "identity" in chosen.what:
        _identity(chosen.customers)


def _refresh(folder: Path, customers: int, rounds: int) -> None:
    floor, ours = refresh.measure(folder, customers=customers, orders_each=ORDERS_EACH, rounds=rounds)
    print(f"\nrefresh of {customers:,} customers, {ours.result['tables']['orders']:,} orders")
    print(f"  floor (bare GROUP BY)   {floor.seconds:8.2f} s")
    print(
        f"  whole refresh           {ours.seconds:8.2f} s   {ours.seconds / floor.seconds:.1f}x the floor   peak {ours.peak_mb:,.0f} MB"
    )
    for stage in ours.result["stages"]:
        print(f"    {stage['name']:<12} {stage['seconds']:8.2f} s   {stage['rows']:>12,} rows")


def _fit(customers: int, rounds: int) -> None:
    theirs, ours = fit.measure(customers, rounds)
    print(f"\nBG/NBD fit of {customers:,} customers")
    print(f"  lifetimes               {theirs.seconds:8.2f} s   {theirs.result}")
    print(
        f"  zhike                   {ours.seconds:8.3f} s   {ours.result}   {theirs.seconds / ours.seconds:.0f}x faster"
    )


def _identity(records: int) -> None:
    print(f"\nduplicates among {records:,} records, a fifth of them copies with slips of the pen")
    for name, measured in identity.measure(DATA, number=records).items():
        print(f"  {name:<24} {measured.seconds:8.2f} s   peak {measured.peak_mb:,.0f} MB   {measured.result}")


def _pages(folder: Path, customers: int) -> None:
    print(f"\npages on {customers:,} customers, median of the server's time")
    for address, milliseconds in pages.measure(folder, customers=customers, orders_each=ORDERS_EACH).items():
        print(f"  {milliseconds:7.0f} ms   {address}")


if __name__ == "__main__":
    main()
