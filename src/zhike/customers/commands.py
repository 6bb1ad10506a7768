"""`zhike export`, `zhike customers` and `zhike keys`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home
from zhike.kernel.words import Text


@click.command("export")
@click.argument("table")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="where to; the ending .xlsx, .csv or .parquet names the format",
)
@click.option("--without-keys", is_flag=True, help="leave out the column with the sources' own customer ids")
@click.option("--with-people", is_flag=True, help="add names, phones and e-mails in full; goes on record")
@click.pass_obj
def export(home: Home, table: str, out: Path, without_keys: bool, with_people: bool) -> None:
    """Write a TABLE of the current snapshot to a file.

    `zhike tables` lists the tables. Amounts are decimals; tables of customers get the sources' own
    customer ids as their last column. Whatever identifies people goes into the audit trail.
    """
    # Imported here: models can be imported only once Django is up, and --help needs no data folder.
    from zhike.customers.exports import Personal, export_table

    if with_people and without_keys:
        raise UsageError(
            "export.options",
            zh="--with-people 和 --without-keys 不能一起用：带姓名的文件总会带来源编号",
            en="--with-people and --without-keys exclude each other: a file with names has the sources' ids too",
        )
    personal = Personal.FULL if with_people else Personal.NONE if without_keys else Personal.KEYS
    rows = export_table(home=home, table_name=table, out=out, personal=personal)
    click.echo(Text("{rows:,} 行 → {out}", "{rows:,} rows → {out}").format(rows=rows, out=out))


@click.group("customers")
def customers() -> None:
    """Find duplicates; hand out or erase what is known of one person."""


@customers.command("scan")
def scan() -> None:
    """Search all records for those that are one person.

    What is certain is linked, what is likely waits for review under Customers › Duplicates.
    """
    from zhike.customers.services.duplicates import request_scan, scan_for_duplicates
    from zhike.jobs.progress import TerminalProgress

    with TerminalProgress() as progress:
        done = scan_for_duplicates(scan=request_scan(), progress=progress)
    said = Text(
        "{records:,} 条来源记录：合并 {linked:,} 对，待审核 {proposed:,} 对",
        "{records:,} records: {linked:,} pairs linked, {proposed:,} pairs to review",
    )
    click.echo(said.format(records=done.records, linked=done.linked, proposed=done.proposed + done.held_back))


@customers.command("export")
@click.argument("customer_id", type=int)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="a JSON file that only you can read",
)
@click.option("--reason", required=True, help="why; kept in the audit trail")
@click.pass_obj
def export_one(home: Home, customer_id: int, out: Path, reason: str) -> None:
    """Write everything that is known of one customer, names and contacts included, to a file.

    The number of a customer that was merged into another leads to that one.
    """
    from zhike.customers.services.subject_access import hand_out

    rows = hand_out(customer_id=_led_to(customer_id), out=out, reason=reason)
    click.echo(Text("{rows:,} 条记录 → {out}", "{rows:,} rows → {out}").format(rows=rows, out=out))


@customers.command("erase")
@click.argument("customer_id", type=int)
@click.option("--reason", required=True, help="why; kept in the audit trail")
@click.option("--yes", is_flag=True, help="do not ask; there is no way back")
@click.pass_obj
def erase(home: Home, customer_id: int, reason: str, yes: bool) -> None:
    """Forget one customer: records, contacts, orders and events, in database, lake, uploads and rejected records.

    Their contacts stay on the suppression list as keyed fingerprints. Refresh afterwards: the snapshots from
    before are dropped. The number of a customer that was merged into another leads to that one.
    """
    from zhike.customers.selectors import is_erased
    from zhike.customers.services.erasure import erase_customer
    from zhike.customers.stores import registered_stores

    current = _led_to(customer_id)
    was_erased = is_erased(current)
    question = str(Text("抹除 #{id}，不可恢复？", "Erase #{id}? There is no way back").format(id=current))
    if not yes:
        click.confirm(question, abort=True, err=True)
    erased = erase_customer(customer_id=current, reason=reason)
    said = Text(
        "已抹除 {records} 条来源记录。请运行 zhike refresh", "{records} records erased. Now run zhike refresh"
    )
    if was_erased:
        said = Text(
            "#{id} 先前已经抹除，又清理了一遍。请运行 zhike refresh",
            "#{id} was erased before; everything was gone through once more. Now run zhike refresh",
        )
    click.echo(said.format(id=current, records=erased.records))
    texts = {store.name: store.text for store in registered_stores()}
    for name, count in erased.elsewhere.items():
        click.echo(f"  {texts[name]!s:<24} {count:>6,}")


@customers.command("profiling")
@click.argument("customer_id", type=int)
@click.argument("answer", type=click.Choice(["refuse", "allow"]))
def profiling(customer_id: int, answer: str) -> None:
    """Write down that a customer refuses to be profiled, or allows it again; goes on record.

    From the next refresh on there is no score, group, stage, tier or recommendation of whoever refuses, and no model
    learns from them. Orders still count. The number of a customer that was merged into another leads to that one.
    """
    from zhike.customers.services.staff_consents import state_profiling

    current = _led_to(customer_id)
    state_profiling(customer_id=current, is_refused=answer == "refuse", actor=None)
    said = _PROFILING_REFUSED if answer == "refuse" else _PROFILING_ALLOWED
    click.echo(said.format(id=current))


_PROFILING_REFUSED = Text(
    "#{id} 拒绝画像：下次刷新后不再有评分、分层和推荐",
    "#{id} refuses profiling: no scores, groups and recommendations from the next refresh on",
)
_PROFILING_ALLOWED = Text(
    "#{id} 恢复画像：下次刷新后重新评分", "#{id} allows profiling again: scored anew at the next refresh"
)


@customers.command("suppress")
@click.argument("contact")
@click.option("--reason", required=True, help="why; kept in the audit trail")
@click.option("--lift", is_flag=True, help="take it off the list again, where it was put by mistake")
def suppress(contact: str, reason: str, lift: bool) -> None:
    """Never write to CONTACT again, a phone or an e-mail, whoever has it and whatever is imported later.

    A dash as CONTACT reads it from standard input, so that the shell does not remember it.
    """
    from zhike.customers.services.consents import allow_again, suppress_asked

    given = sys.stdin.readline() if contact == "-" else contact
    if lift:
        was_there = allow_again(contact=given, reason=reason)
        said = _LIFTED if was_there else _NEVER_THERE
    else:
        is_new = suppress_asked(contact=given, reason=reason)
        said = _SUPPRESSED if is_new else _SUPPRESSED_BEFORE
    click.echo(str(said))


_SUPPRESSED = Text("已列入拒收名单：今后不再联系", "on the list: nobody writes to it again")
_SUPPRESSED_BEFORE = Text("早已在拒收名单上", "it was on the list before")
_LIFTED = Text("已移出拒收名单", "off the list")
_NEVER_THERE = Text("不在拒收名单上，没有改动", "it was not on the list; nothing changed")


def _led_to(customer_id: int) -> int:
    """The customer whom a number leads to now, as its page does; said where it is another one."""
    from zhike.customers.selectors import current_customer_id

    current = current_customer_id(customer_id)
    # Of a number that nobody has the service says so.
    if current is None or current == customer_id:
        return customer_id
    said = Text(
        "#{old} 已合并，现在是客户 #{new}", "#{old} was merged with another: that is customer #{new} now"
    )
    click.echo(said.format(old=customer_id, new=current), err=True)
    return current


@click.group("keys")
def keys() -> None:
    """The keys of the vault that holds names and contacts."""


@keys.command("rotate")
@click.pass_obj
def rotate(home: Home) -> None:
    """Make a new key and seal everything with it; cut off, it goes on at the next call."""
    from zhike.customers.services.key_rotation import rotate_keys
    from zhike.jobs.progress import TerminalProgress

    with TerminalProgress() as progress:
        count = rotate_keys(home=home, progress=progress)
    click.echo(Text("{n:,} 个值已用新密钥加密", "{n:,} values sealed with the new key").format(n=count))


@keys.command("status")
@click.option("--json", "as_json", is_flag=True, help="print it as JSON")
@click.pass_obj
def status(home: Home, as_json: bool) -> None:
    """Say where the keys lie and which one is in use; never the keys."""
    from zhike.customers.vault.keys import keys_file, open_key_ring

    ring = open_key_ring(home)
    if as_json:
        click.echo(
            json.dumps({"file": str(keys_file(home)), "current": ring.current, "keys": sorted(ring.keys)})
        )
        return
    said = Text("{file}：正在使用第 {current} 号密钥", "{file}: key {current} is in use")
    click.echo(said.format(file=keys_file(home), current=ring.current))
