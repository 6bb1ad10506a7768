"""`make bench`: prints the table of benchmarks/README.md.

python -m benchmarks [refresh] [peers] [accuracy] [coverage] [recommendations] [pages] [identity] [imports] [--customers N]; all by default.
Of imports also [--rows N] [--bad-share X]; a file has a fifth as many customers as rows. Of coverage also [--shops N]. Generated data stay in benchmarks/data.
"""

from __future__ import annotations

import argparse
from importlib.metadata import version
from pathlib import Path

from benchmarks import accuracy, coverage, identity, imports, pages, recommendations, refresh
from benchmarks.peers.comparing import Compared, compared
from benchmarks.peers.environments import NotInstalledError, interpreter_of, peer_named

DATA = Path(__file__).parent / "data"
ORDERS_EACH = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument(
        "what",
        nargs="*",
        default=[
            "refresh",
            "peers",
            "accuracy",
            "coverage",
            "recommendations",
            "pages",
            "identity",
            "imports",
        ],
    )
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--bad-share", type=float, default=0.0)
    parser.add_argument("--shops", type=int, default=400)
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
    if "peers" in chosen.what:
        _peers(chosen.customers, chosen.rounds)
    if "accuracy" in chosen.what:
        _accuracy()
    if "coverage" in chosen.what:
        _coverage(chosen.shops)
    if "recommendations" in chosen.what:
        _recommendations()
    if "pages" in chosen.what:
        _pages(folder, chosen.customers)
    if "identity" in chosen.what:
        _identity(chosen.customers)
    if "imports" in chosen.what:
        _imports(chosen.rows, chosen.bad_share, chosen.rounds)


def _refresh(folder: Path, customers: int, rounds: int) -> None:
    floor, ours, again = refresh.measure(folder, customers=customers, orders_each=ORDERS_EACH, rounds=rounds)
    core = refresh.seconds_of(ours, refresh.CORE)
    print(f"\nrefresh of {customers:,} customers, {ours.result['tables']['orders']:,} orders")
    print(f"  floor (bare GROUP BY)   {floor.seconds:8.2f} s")
    print(
        f"  whole refresh           {ours.seconds:8.2f} s   {ours.seconds / floor.seconds:.1f}x the floor   peak {ours.peak_mb:,.0f} MB"
    )
    print(f"  its core stages         {core:8.2f} s   {core / floor.seconds:.1f}x the floor")
    later = {stage["name"]: stage["seconds"] for stage in again.result["stages"]}
    print(
        f"  after 0.1 % changed     {again.seconds:8.2f} s   {again.seconds / ours.seconds:.0%} of the whole, "
        f"profiles and features {refresh.seconds_of(again, refresh.CORE[:2]) / refresh.seconds_of(ours, refresh.CORE[:2]):.0%}, "
        f"{again.result['recomputed_customers']:,} customers summed up again"
    )
    for stage in ours.result["stages"]:
        print(
            f"    {stage['name']:<16} {stage['seconds']:8.2f} s   then {later[stage['name']]:8.2f} s   {stage['rows']:>12,} rows"
        )


def _peers(customers: int, rounds: int) -> None:
    print(f"\nBG/NBD, Gamma-Gamma and 52 weeks of CLV of {customers:,} customers")
    ours, *others = compared(DATA / "peers", customers=customers, rounds=rounds)
    for each in (ours, *others):
        _peer(each, ours)


def _peer(each: Compared, ours: Compared) -> None:
    if each.answer is None or each.verdict is None:
        print(f"  {each.name:<24} {each.reason}")
        return
    with_warm_up = each.seconds + each.warm_up_seconds
    print(
        f"  {each.name:<24} {each.seconds:8.2f} s ({each.cpu_seconds:.2f} of the processors)   "
        f"{each.seconds / ours.seconds:.1f}x ours ({each.cpu_seconds / ours.cpu_seconds:.1f}x)   "
        f"with its first call {with_warm_up:.2f} s   {each.runs} runs   peak {each.peak_mb:,.0f} MB"
    )
    steps = ", ".join(f"{step} {seconds:.2f} s" for step, seconds in each.answer["steps_seconds"].items())
    print(f"    {steps}")
    for step, likelihood in (("orders", each.verdict.orders), ("amounts", each.verdict.amounts)):
        values = "  ".join(f"{name} {value:.5f}" for name, value in each.answer[step].items())
        print(f"    {step:<8} {values}   log-likelihood {likelihood:,.3f}")
    total = each.answer["total"]
    print(
        f"    CLV {total:,.0f}, {total / each.verdict.total - 1:+.2e} of what ours makes of these parameters"
    )


def _accuracy() -> None:
    clvkit: Path | None = None
    try:
        clvkit = interpreter_of(peer_named("clvkit"), DATA / "peers")
    except NotInstalledError as error:
        print(f"\nclvkit: not installed: {error}")
    for case in accuracy.cases():
        print(f"\n{case.name}")
        for target, methods in accuracy.measure(case, clvkit=clvkit).items():
            for method, metrics in methods.items():
                figures = "  ".join(f"{name} {metrics[name]:9.3f}" for name in accuracy.METRICS)
                print(f"  {target:<7} {method:<32} {figures}")


def _coverage(shops: int) -> None:
    for case, found in coverage.measure(shops):
        print(f"\n{case.model}, truths {case.truths}: {found.shops} shops of {case.customers} customers")
        for target, held in found.held.items():
            shares = ", ".join(
                f"{confidence:.0%} intervals {share:.1%}" for confidence, share in held.items()
            )
            print(
                f"  {target:<7} held by {shares}   above the latter {found.above[target]:.1%}   "
                f"+-{found.half_width[target]:.0%}"
            )
        pairs = "  ".join(
            f"{name} {share:.0%} ({ratio:.2f})" for name, (share, ratio) in found.parameters.items()
        )
        print(f"  parameters in their 90 % intervals (median of estimate / truth): {pairs}")
        if found.without_spend:
            print(f"  without an interval of spend: {found.without_spend} shops")


def _recommendations() -> None:
    found = recommendations.measure()
    print(f"\ntop ten lists of Complete Journey, {found.choice.customers:,} households measured")
    for name, recall in found.choice.recalls.items():
        mark = "  champion" if name == found.choice.blend.name else ""
        print(f"  {name:<16} recall@10 {recall:.3f}{mark}")
    print(
        f"  chosen in {found.choosing_seconds:.1f} s, {found.rows:,} rows listed in {found.listing_seconds:.1f} s"
    )


def _identity(records: int) -> None:
    print(f"\nduplicates among {records:,} records, a fifth of them copies with slips of the pen")
    measured = identity.measure(DATA, number=records)
    for name, each in measured.items():
        print(f"  {name:<24} {each.seconds:8.2f} s   peak {each.peak_mb:,.0f} MB   {each.result}")
    search, floor = measured["search"], measured["Splink, u counted"]
    by_processor = search.result["cpu_seconds"] / floor.result["cpu_seconds"]
    print(
        f"  the search takes {search.seconds / floor.seconds:.2f} of Splink with u counted "
        f"({by_processor:.2f} by processor time)"
    )


def _imports(rows: int, bad_share: float, rounds: int) -> None:
    print(f"\na file of {rows:,} orders of {rows // 5:,} customers, {bad_share:.0%} of them bad")
    cases = imports.measure(DATA, rows=rows, customers=rows // 5, bad_share=bad_share, rounds=rounds)
    for case in cases:
        print(
            f"  {case.name:<20} {rows / case.ours.seconds:10,.0f} rows/s   {case.share:.2f} of the floor's "
            f"{rows / case.floor.seconds:,.0f} ({case.cpu_share:.2f} by processor time)   peak {case.ours.peak_mb:,.0f} MiB"
        )


def _pages(folder: Path, customers: int) -> None:
    print(f"\npages on {customers:,} customers, median of the server's time")
    for address, milliseconds in pages.measure(folder, customers=customers, orders_each=ORDERS_EACH).items():
        print(f"  {milliseconds:7.0f} ms   {address}")


if __name__ == "__main__":
    main()
