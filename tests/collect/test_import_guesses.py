"""Which column is which without a mapping: names that are certain, guesses that are shown, presets and memory."""

from __future__ import annotations

import csv
import io

import pytest

from zhike.collect.imports.guesses import guessed_mapping
from zhike.collect.imports.kinds import kind_named
from zhike.collect.imports.presets import preset_named, presets
from zhike.collect.imports.reading import open_records
from zhike.collect.imports.templates import template_rows, write_template
from zhike.collect.models import ImportRun, MappingMemory
from zhike.kernel.errors import UsageError

CHINESE = "订单号,客户编号,下单时间,实付金额,备注\nA1,c1,2024-10-31,12,x\n"


@pytest.fixture
def guess(tmp_path):
    def guessed(content: str, kind: str = "orders", remembered=None):
        file = tmp_path / "a.csv"
        file.write_text(content)
        records = open_records(file, known=frozenset())
        return {g.column: g for g in guessed_mapping(records, kind_named(kind), remembered)}

    return guessed


def refused(shop, content, **options) -> UsageError:
    with pytest.raises(UsageError) as caught:
        shop.bring_kind(options.pop("kind", "orders"), content, **options)
    return caught.value


def test_a_header_of_usual_names_needs_no_mapping(shop):
    report = shop.bring_text(CHINESE)
    assert (report.inserted, report.ignored_columns) == (1, ("备注",))
    run = ImportRun.objects.get(pk=report.run_id)
    assert run.mapping["columns"] == {
        "order_id": "订单号",
        "customer_id": "客户编号",
        "ordered_at": "下单时间",
        "amount": "实付金额",
    }


def test_headers_in_traditional_characters_need_no_mapping(shop):
    assert shop.bring_text("訂單編號,客戶編號,訂購日期,amount\nA1,c1,2024-10-31,12\n").inserted == 1


def test_two_columns_for_a_needed_field_are_refused_with_the_guesses(shop):
    text = CHINESE.replace("备注", "订单创建时间").replace(",x", ",2024-11-01")
    error = refused(shop, text)
    assert error.code == "columns.missing"
    for said in ("ordered_at", "下单时间", "订单创建时间"):
        assert said in error.text.zh
        assert said in error.text.en
    # What the cells say stays out of messages.
    assert "2024" not in error.text.zh


def test_two_columns_for_a_field_that_is_not_needed_are_left_out_and_named(shop):
    text = CHINESE.replace("备注", "退款金额").replace("\n", ",已退金额\n", 1).replace(",x", ",1,2")
    report = shop.bring_text(text)
    assert report.ignored_columns == ("退款金额", "已退金额")


def test_a_guess_has_its_reason_and_three_samples(guess):
    rows = "".join(f"{n},1391234567{n},2024-10-3{n % 2},{n}.50,a{n}@x.cn\n" for n in range(8))
    guesses = guess("流水号,A,B,实付金额合计,C\n" + rows, "customers")
    assert guesses["A"].field == "phone"
    assert guesses["C"].field == "email"
    assert guesses["C"].samples == ("a0@x.cn", "a1@x.cn", "a2@x.cn")
    assert "e-mail" in guesses["C"].reason.en
    orders = guess("流水号,A,B,实付金额合计,C\n" + rows)
    assert (orders["实付金额合计"].field, orders["实付金额合计"].confidence) == ("amount", 0.6)
    assert orders["B"].field is None  # ordered_at or refunded_at: not decided by their looks.


def test_a_mapping_that_worked_is_used_for_the_same_header_and_for_no_other(shop):
    text = "交易号,买家,付款,实付\nA1,c1,2024-10-31,12\n"
    mapping = shop.file(
        '[columns]\norder_id = "交易号"\ncustomer_id = "买家"\nordered_at = "付款"\namount = "实付"\n',
        "m.toml",
    )
    assert refused(shop, text).code == "columns.missing"
    assert shop.bring_text(text, mapping=mapping).inserted == 1
    assert MappingMemory.objects.count() == 1
    again = shop.bring_text("买家,交易号,实付,付款\nc2,A2,13,2024-11-01\n")
    assert again.inserted == 1
    assert refused(shop, text.replace("付款", "付款日")).code == "columns.missing"


def test_a_dry_run_and_a_failed_import_remember_nothing(shop):
    text = "交易号,customer_id,ordered_at,amount\nA1,c1,2024-10-31,12\n"
    mapping = shop.file('[columns]\norder_id = "交易号"\n', "m.toml")
    shop.bring_kind("orders", text, mapping=mapping, is_dry_run=True)
    assert not MappingMemory.objects.exists()


@pytest.mark.parametrize("preset", list(presets()), ids=lambda preset: preset.name)
def test_the_template_of_a_preset_can_be_imported_with_it(shop, preset):
    if preset.kind.name == "order_lines":
        _bring_template(shop, preset_named(preset.name.replace("order_lines", "orders")))
    report = _bring_template(shop, preset)
    assert (report.inserted, report.rejected, report.ignored_columns) == (2, 0, ())
    assert ImportRun.objects.get(pk=report.run_id).source == preset.source


def _bring_template(shop, preset):
    file = shop.files / "template.csv"
    write_template(preset.name, file)
    return shop.bring_kind(preset.kind.name, file, preset=preset.name)


@pytest.mark.parametrize("preset", list(presets()), ids=lambda preset: preset.name)
def test_every_word_of_a_preset_is_a_word_of_ours(preset):
    assert preset.text.zh and preset.text.en
    assert set(preset.columns) <= set(preset.kind.names.all)
    assert set(preset.values) <= set(preset.kind.names.coded)
    required = set(preset.kind.names.required)
    assert required <= set(preset.columns)


def test_a_preset_knows_older_headers_and_a_mapping_goes_before_it(shop):
    header = ["主订单编号", "买家昵称", "订单付款时间", "买家应付货款", "订单状态", "卖家备注"]
    row = ["1", "c1", "2024-10-31 10:00:00", "12.00", "交易成功", "x"]
    text = ",".join(header) + "\n" + ",".join(row) + "\n"
    assert shop.bring_kind("orders", text, preset="taobao").inserted == 1
    assert shop.orders()["1"]["status"] == "completed"
    mapping = shop.file('[columns]\nstore = "卖家备注"\n[values.status]\n"交易成功" = "paid"\n', "m.toml")
    report = shop.bring_kind("orders", text, preset="taobao", mapping=mapping)
    assert report.updated == 1
    assert (shop.orders()["1"]["status"], shop.orders()["1"]["store"]) == ("paid", "x")


def test_a_preset_of_another_kind_or_name_is_refused(shop):
    assert refused(shop, CHINESE, preset="wjx").code == "preset.other_kind"
    assert refused(shop, CHINESE, preset="taobo").code == "preset.unknown"
    assert refused(shop, CHINESE, kind="order").code == "kind.unknown"
    with pytest.raises(UsageError):
        preset_named("../secret")


def test_a_template_is_a_csv_or_a_workbook_in_which_everything_is_text(shop):
    out = shop.files / "orders.xlsx"
    write_template("orders", out)
    assert shop.bring(out).inserted == 2
    with pytest.raises(UsageError) as caught:
        write_template("orders", shop.files / "a.pdf")
    assert caught.value.code == "file.ending"
    with pytest.raises(UsageError) as caught:
        template_rows("nothing")
    assert caught.value.code == "template.unknown"
    rows = list(csv.reader(io.StringIO(",".join(template_rows("orders")[0]))))
    assert rows[0][:4] == ["order_id", "customer_id", "ordered_at", "amount"]
