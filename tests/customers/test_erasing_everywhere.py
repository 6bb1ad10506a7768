"""One person in every place that a data folder has: nowhere to be read before, and nowhere at all after erasing."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from tests.canaries import found_in
from zhike.kernel.home import BusinessSettings, create_home

NAME, PHONE, EMAIL, KEY = "柳如烟波", "13900007777", "Canary.77@example.com", "K-CANARY-1"
PERSONAL = (NAME, PHONE, EMAIL, EMAIL.lower(), KEY, "青石街 7 号", "139-0000 7777")
# What is theirs without naming them.
THEIRS = ("ORDER-CANARY-1", "ORDER-CANARY-2", "ORDER-CANARY-3", "EVENT-CANARY-1", "COUPON-CANARY")
OTHERS = ("ORDER-CONTROL", "EVENT-CONTROL-9", "ORDER-ZZZ-CONTROL")

# Runs one step on a data folder of its own, as web, worker and command line would.
_CHILD = """
import json, os, sys
from pathlib import Path
from zhike.kernel.home import open_home
from zhike.web.boot import boot

folder, step = Path(sys.argv[1]), sys.argv[2]
home = open_home(folder / "home")
boot(home)

from django.conf import settings
from django.core.management import call_command
from zhike.jobs.progress import Silent

def fill():
    settings.MIGRATION_MODULES = {name.rpartition(".")[2]: None for name in settings.INSTALLED_APPS}
    call_command("migrate", run_syncdb=True, verbosity=0)
    from zhike.accounts.services import create_owner
    from zhike.collect.intake.moving import move_received
    from zhike.collect.intake.receiving import receive_events, receive_orders
    from zhike.collect.services import import_file
    from zhike.collect.uploads import choose_columns, store_upload
    from zhike.collect.tasks import import_upload, queue_import
    from zhike.pipeline.services import request_refresh, run_refresh

    user = create_owner(email="a@example.com", password="correct horse battery", display_name="A")

    def bring(kind, name):
        return import_file(home=home, kind=kind, file=folder / name, source="web", progress=Silent())

    def event(event_id, customer, **more):
        moment = "2026-10-01T10:00:00+08:00"
        return {"event_id": event_id, "name": "page_seen", "occurred_at": moment, "customer": customer, **more}

    def order(order_id, customer, **more):
        moment = "2026-10-02T10:00:00+08:00"
        return {"order_id": order_id, "customer": customer, "ordered_at": moment, "amount": "5", **more}

    def upload(name, kind):
        chunks = [(folder / name).read_bytes()]
        return store_upload(home=home, user=user, kind=kind, source="web", name=name, chunks=chunks)

    bring("customers", "customers.csv")
    bring("orders", "orders.csv")
    bring("orders", "changed.csv")
    bring("points", "points.csv")
    bring("customers", "open.csv")
    bring("orders", "stores.csv")
    receive_orders(home=home, source="web", items=[order("ORDER-CANARY-2", "K-CANARY-1"), order("ORDER-ZZZ-CONTROL", "c1")])
    receive_events(home=home, source="web", items=[event("EVENT-CONTROL-9", "c1")])
    said = [{"姓名": "柳如烟波"}, {"t": "13900007777"}, {"shipping_address": "青石街 7 号"}, {"t": "139-0000 7777"}]
    items = [event(f"EVENT-OPEN-{n}", "c1", properties=each) for n, each in enumerate(said)]
    receive_events(home=home, source="web", items=[event("EVENT-CONTROL-7", "c1"), *items])
    opened = [order(f"ORDER-OPEN-{name}", "c1", **{name: "13900007777"}) for name in ("store", "channel", "coupon_code")]
    named = order("Canary.77@example.com", "c1")
    receive_orders(home=home, source="web", items=[order("ORDER-ZZZ-CONTROL", "c1"), *opened, named])
    move_received(home=home)
    run_refresh(home=home, run=request_refresh(), progress=Silent())
    receive_events(home=home, source="web", items=[event("EVENT-CANARY-1", "K-CANARY-1"), event("EVENT-CONTROL-8", "c1")])
    receive_orders(home=home, source="web", items=[order("ORDER-CANARY-3", "K-CANARY-1")])
    for name, kind in (("customers.csv", "customers"), ("people.xlsx", "customers"), ("people.zip", "customers"), ("other.csv", "orders")):
        upload(name, kind)
    checked = upload("customers.csv", "customers")
    choose_columns(upload=checked, mapping={"columns": {"customer_id": "customer_id", "phone": "phone"}, "values": {}})
    import_upload.func(queue_import(upload=checked, user=user, is_dry_run=True).pk)

def die():
    from zhike.collect.imports.destinations import profiles
    from zhike.collect.services import import_file

    profiles.record_profiles = lambda **_: os._exit(9)
    import_file(home=home, kind="customers", file=folder / "killed.zip", source="web", progress=Silent())

def export():
    from zhike.customers.services.subject_access import hand_out

    hand_out(customer_id=the_person(), out=folder / "known.json", reason="asked")

def erase():
    from zhike.customers.services.erasure import erase_customer

    erased = erase_customer(customer_id=the_person(), reason="asked")
    print(json.dumps([erased.records, erased.elsewhere]))

def refresh():
    from zhike.collect.intake.moving import move_received
    from zhike.pipeline.services import request_refresh, run_refresh

    moved = move_received(home=home)
    run = run_refresh(home=home, run=request_refresh(), progress=Silent())
    print(json.dumps([moved, run.state]))

def rotate():
    from zhike.customers.services.key_rotation import rotate_keys

    rotate_keys(home=home, progress=Silent())

def the_person():
    from zhike.customers.models import Profile
    from zhike.customers.vault import key_index, open_vault

    index = key_index(open_vault(home), "web", "K-CANARY-1")
    return Profile.objects.get(key_index=index).customer_id

{"fill": fill, "die": die, "export": export, "erase": erase, "refresh": refresh, "rotate": rotate}[step]()
"""

_CUSTOMERS = (
    "customer_id,name,phone,email,address\n"
    f"{KEY},{NAME},{PHONE},{EMAIL},青石街 7 号\n"
    "c1,王小明,13800138000,ming@example.com,\n"
    f"{KEY}-2,{NAME},123,,\n"
    "c2,李四,12,,\n"
)


def step(folder: Path, name: str, *, code: int = 0) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, str(folder), name],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stderr
    said = done.stdout.strip().splitlines()
    log = folder / "home" / "logs"
    log.mkdir(exist_ok=True)
    (log / f"{name}.log").write_text(done.stderr)
    return json.loads(said[-1]) if said and said[-1].startswith("[") else None


def write_files(folder: Path) -> None:
    (folder / "customers.csv").write_text(_CUSTOMERS, encoding="utf-8")
    header = "order_id,customer_id,ordered_at,amount,coupon_code\n"
    rows = f"ORDER-CANARY-1,{KEY},2026-09-01,12,COUPON-CANARY\nORDER-CONTROL,c1,2026-09-02,13,\n"
    (folder / "orders.csv").write_text(f"{header}{rows}A9,{KEY},never,1,\n", encoding="utf-8")
    (folder / "changed.csv").write_text(
        header + rows.replace(",12,", ",14,").replace(",13,", ",15,"), encoding="utf-8"
    )
    (folder / "points.csv").write_text(f"customer_id,points\n{KEY},55\nc1,7\n", encoding="utf-8")
    (folder / "other.csv").write_text(header + "B1,c1,2026-09-01,1,\n", encoding="utf-8")
    write_open_columns(folder)
    with zipfile.ZipFile(folder / "people.zip", "w") as archive:
        archive.writestr("会员.csv", _CUSTOMERS.encode("gb18030"))
    with zipfile.ZipFile(folder / "killed.zip", "w") as archive:
        archive.writestr("会员.csv", _CUSTOMERS + f"{KEY}-3,{NAME},{PHONE},x,\n")
    with xlsxwriter.Workbook(folder / "people.xlsx") as book:
        book.add_worksheet("空")
        book.add_worksheet("会员").write_row(0, 0, ["customer_id", "phone"])
        book.add_worksheet("备注").write_row(3, 2, ["139-0000 7777"])


def write_open_columns(folder: Path) -> None:
    """Contacts and an address of theirs in every column that is not sealed, a row each."""
    plain = ("province", "city", "district", "interests", "tags")
    texts = [(column, text) for column in plain for text in (f"回电{PHONE}", "139-0000 7777", EMAIL)]
    texts += [(column, "青石街 7 号") for column in ("city", "district")]
    rows = [
        [f"{KEY}-{n}", *(text * (name == column) for name in plain)] for n, (column, text) in enumerate(texts)
    ]
    lines = ["customer_id," + ",".join(plain), *map(",".join, rows)]
    (folder / "open.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    plain = ("store", "channel", "coupon_code", "payment_method")
    orders = [[f"ORDER-OPEN-{name}", *(PHONE * (name == each) for each in plain)] for name in plain]
    orders.append([EMAIL, "", "", "", ""])
    lines = ["order_id,customer_id,ordered_at,amount," + ",".join(plain)]
    lines += [",".join([order, KEY, "2026-09-03", "1", *texts]) for order, *texts in orders]
    (folder / "stores.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop in which one person is in every store, an import of theirs was killed, and keys were changed."""
    made = tmp_path_factory.mktemp("everywhere")
    create_home(made / "home", BusinessSettings())
    write_files(made)
    step(made, "fill")
    step(made, "die", code=9)
    return made


@pytest.fixture(scope="module")
def before(folder: Path) -> set[tuple[str, str]]:
    return found_in(folder / "home", (*PERSONAL, *OTHERS, "COUPON-CANARY"))


@pytest.fixture(scope="module")
def known(folder: Path, before: set[tuple[str, str]]) -> dict[str, Any]:
    """What the person is given, after the keys of the vault were changed."""
    step(folder, "rotate")
    step(folder, "export")
    said: dict[str, Any] = json.loads((folder / "known.json").read_text(encoding="utf-8"))
    return said


@pytest.fixture(scope="module")
def erased(folder: Path, known: dict[str, Any]) -> tuple[int, dict[str, int]]:
    records, elsewhere = step(folder, "erase")
    return records, elsewhere


def test_before_erasing_nothing_that_names_somebody_stands_open_in_any_file(
    folder: Path, before: set[tuple[str, str]]
) -> None:
    assert {value for _, value in before} == {*OTHERS, "COUPON-CANARY"}
    home = folder / "home"
    kept = [len(list((home / name).rglob("*.*"))) for name in ("uploads", "rejects", "tmp", "logs")]
    assert kept[0] == 5 and min(kept) >= 1


def test_what_a_person_is_given_names_every_store(known: dict[str, Any]) -> None:
    elsewhere = known["elsewhere"]
    assert sorted(row["file"] for row in elsewhere["uploads"]) == [
        "customers.csv",
        "customers.csv",
        "people.xlsx",
        "people.zip",
    ]
    assert {row["order_id"] for row in elsewhere["received_rows"] if row["kind"] == "orders"} == {
        "ORDER-CANARY-3"
    }
    assert {row["record"]["customer_id"] for row in elsewhere["rejected_records"]} >= {KEY, f"{KEY}-2"}
    assert [row["points"] for row in elsewhere["points_balances"]] == [55]


def test_erasing_says_what_went_where(erased: tuple[int, dict[str, int]]) -> None:
    records, elsewhere = erased
    assert records == 1
    assert elsewhere["uploads"] == 4 and elsewhere["received_rows"] == 2
    assert elsewhere["rejected_records"] >= 2 and elsewhere["points_balances"] == 1
    assert elsewhere["staged_rows"] == 1


def test_after_erasing_nothing_of_the_person_is_left_in_any_file_and_the_others_are(
    folder: Path, erased: tuple[int, dict[str, int]]
) -> None:
    found = found_in(folder / "home", (*PERSONAL, *THEIRS, *OTHERS))
    assert {value for _, value in found} == set(OTHERS), found
    assert len(list((folder / "home" / "uploads").iterdir())) == 1
    assert list((folder / "home" / "tmp").iterdir()) == []


def test_after_erasing_work_goes_on(folder: Path, erased: tuple[int, dict[str, int]]) -> None:
    assert step(folder, "refresh") == [1, "done"]
    found = {value for _, value in found_in(folder / "home", (*PERSONAL, *THEIRS, *OTHERS))}
    assert found == set(OTHERS)
