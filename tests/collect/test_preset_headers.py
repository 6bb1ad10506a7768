"""Presets read the header lines that the systems really write; the rows are made up."""

from __future__ import annotations

import json

import pytest

from zhike.collect.imports.guesses import guessed_mapping, known_names
from zhike.collect.imports.kinds import KINDS
from zhike.collect.imports.reading import open_records
from zhike.customers.models import ConsentEntry, Identity, Profile
from zhike.customers.selectors import person_of
from zhike.kernel.errors import UsageError

TAOBAO = (
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,买家支付积分,总金额,返点积分,买家实际支付金额,买家实际支付积分,"
    "订单状态,买家留言,收货人姓名,收货地址 ,运送方式,联系电话 ,联系手机,订单创建时间,订单付款时间 ,宝贝标题 ,宝贝种类 ,物流单号,物流公司,订单备注,"
    "宝贝总数量,店铺Id,店铺名称,订单关闭原因,卖家服务费,买家服务费,发票抬头,是否手机订单,分阶段订单信息,定金排名,修改后的sku,修改后的收货地址,异常信息"
)
DOUYIN = (
    "主订单编号,子订单编号,选购商品,商品规格,商品数量,商家编码,订单应付金额,运费,收件人,收件人手机号,详细地址,订单提交时间,商家备注,订单完成时间,"
    "订单状态,售后状态,取消原因,发货时间,平台实际承担优惠金额,商家实际承担优惠金额,达人实际承担优惠金额"
)
YOUZAN = "订单号,订单状态,订单创建时间,买家付款时间,订单实付金额,全部商品名称,收货人/提货人,收货人手机号/提货人手机号,详细收货地址/提货地址,店铺优惠合计"
SHOPIFY_CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags"
)
SHOPIFY_ORDERS = (
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,"
    "Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,"
    "Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,"
    "Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,Shipping Address2,"
    "Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,"
    "Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,Vendor,Outstanding Balance,Employee,"
    "Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,"
    "Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,"
    "Billing Province Name,Shipping Province Name,Payment ID,Payment Terms Name,Next Payment Due At,Payment References"
)
WJX = "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,自定义参数,1、您最看重什么？,2、还想说什么？"
SURVEYMONKEY = (
    "Respondent ID,Collector ID,Start Date,End Date,IP Address,Email Address,First Name,Last Name,Custom Data 1,"
    "What do you care about?,,How was it?"
)


def sheet(header: str, *rows: dict[str, str]) -> str:
    """A CSV file with that header, and rows of which only some cells are said."""
    names = header.split(",")
    lines = [",".join(f'"{row.get(name, "")}"' for name in names) for row in rows]
    return "\n".join([header, *lines]) + "\n"


def test_taobao(shop):
    row = {
        "订单编号": "2026112000000000001",
        "买家会员名": "山茶",
        "买家实际支付金额": "88.00",
        "订单状态": "交易成功",
        "订单创建时间": "2026-10-20 10:30:00",
        "店铺名称": "茶铺",
    }
    report = shop.bring_kind("orders", sheet(TAOBAO, row).encode("gbk"), preset="taobao")
    assert (report.inserted, report.rejected) == (1, 0)
    assert shop.orders()["2026112000000000001"]["amount"] == 8800


def test_an_order_of_douyin_with_two_parts_keeps_both_amounts(shop):
    part = {"收件人手机号": "13912345678", "订单提交时间": "2026-10-20 10:30:00", "订单状态": "已发货"}
    rows = (
        {
            **part,
            "主订单编号": "\t6920000000000000001",
            "子订单编号": "\t6920000000000000001",
            "订单应付金额": "28.90",
        },
        {
            **part,
            "主订单编号": "\t6920000000000000002",
            "子订单编号": "\t6920000000000000003",
            "订单应付金额": "20.00",
        },
        {
            **part,
            "主订单编号": "\t6920000000000000002",
            "子订单编号": "\t6920000000000000004",
            "订单应付金额": "15.90",
        },
    )
    report = shop.bring_kind("orders", sheet(DOUYIN, *rows), preset="douyin")
    assert (report.inserted, report.rejected) == (3, 0)
    assert sum(row["amount"] for row in shop.orders().values()) == 6480


def test_youzan(shop):
    row = {
        "订单号": "E20261020103000000001",
        "订单状态": "交易完成",
        "订单创建时间": "2026-10-20 10:30:00",
        "订单实付金额": "199.00",
        "收货人手机号/提货人手机号": "13912345678",
        "店铺优惠合计": "10.00",
    }
    report = shop.bring_kind("orders", sheet(YOUZAN, row), preset="youzan")
    assert (report.inserted, report.rejected, report.walk_ins) == (1, 0, 0)
    assert shop.orders()["E20261020103000000001"]["discount_amount"] == 1000


def test_customers_of_shopify_are_those_of_its_orders(shop):
    order = {
        "Name": "#1001",
        "Email": "anna@shop.cn",
        "Financial Status": "paid",
        "Currency": "CNY",
        "Total": "128.00",
        "Created at": "2026-10-20 10:30:00 +0800",
        "Lineitem name": "龙井",
    }
    second = {
        "Name": "#1001",
        "Email": "anna@shop.cn",
        "Created at": order["Created at"],
        "Lineitem name": "Cup",
    }
    bought = shop.bring_kind("orders", sheet(SHOPIFY_ORDERS, order, second), preset="shopify_orders")
    assert (bought.inserted, bought.skipped, bought.rejected) == (1, 1, 0)
    person = {
        "Customer ID": "'7210448301122",
        "First Name": "Anna",
        "Last Name": "Chen",
        "Email": "anna@shop.cn",
        "Default Address City": "Shanghai",
        "Phone": "'+8613912345678",
        "Tags": "vip",
    }
    report = shop.bring_kind("customers", sheet(SHOPIFY_CUSTOMERS, person), preset="shopify")
    assert report.rejected == 0, report.reasons
    profile = Profile.objects.get()
    assert person_of(profile.customer_id, is_masked=False).name == "Anna Chen"


@pytest.mark.parametrize(
    ("preset", "header", "row"),
    [
        (
            "wjx",
            WJX,
            {
                "序号": "1",
                "提交答卷时间": "2026/10/20 10:30:00",
                "来源详情": "直接访问",
                "自定义参数": "C01",
                "1、您最看重什么？": "a┋c",
            },
        ),
        (
            "surveymonkey",
            SURVEYMONKEY,
            {
                "Respondent ID": "118000000001",
                "Collector ID": "440000001",
                "End Date": "2026-10-20 10:30:00",
                "Custom Data 1": "C01",
                "How was it?": "5",
            },
        ),
        (
            "google_forms",
            "Timestamp,Email Address,How was it?",
            {"Timestamp": "2026/10/20 10:30:00", "Email Address": "anna@shop.cn", "How was it?": "5"},
        ),
    ],
)
def test_answers(shop, preset, header, row):
    asked = [name for name in header.split(",") if name.endswith(("？", "?"))]
    questions = "".join(f'q{place} = "{name}"\n' for place, name in enumerate(asked))
    mapping = shop.file(f"[questions]\n{questions}", f"{preset}.toml")
    # SurveyMonkey has a second row of titles below the first.
    second = {asked[0]: "Response"}
    report = shop.bring_kind("answers", sheet(header, second, row), preset=preset, mapping=mapping)
    assert (report.inserted, report.skipped, report.rejected) == (1, 1, 0), report.reasons


def test_anonymous_answers_do_not_become_one_customer(shop):
    header = WJX.replace("自定义参数,", "")
    rows = [
        {
            "序号": str(n),
            "提交答卷时间": "2026/10/20 10:30:00",
            "来源详情": "直接访问",
            "1、您最看重什么？": "a",
        }
        for n in range(3)
    ]
    mapping = shop.file('[questions]\nq1 = "1、您最看重什么？"\n', "wjx.toml")
    with pytest.raises(UsageError) as refused:
        shop.bring_kind("answers", sheet(header, *rows), preset="wjx", mapping=mapping)
    assert refused.value.code == "columns.mapped_missing"
    kind = KINDS["answers"]
    records = open_records(shop.file(sheet(header, *rows)), known=known_names(kind))
    guess = next(each for each in guessed_mapping(records, kind) if each.column == "来源详情")
    assert guess.field is None and "并成一个客户" in guess.reason.zh
    assert Profile.objects.count() == 0


def test_on_the_page_the_e_mail_of_shopify_is_the_customer_id_as_well(wizard):
    person = {"Customer ID": "'7210448301122", "First Name": "Anna", "Email": "anna@shop.cn"}
    upload = wizard.uploaded(
        sheet(SHOPIFY_CUSTOMERS, person), kind="customers", preset="shopify", source="shopify"
    )
    assert wizard.imported(upload).inserted == 1
    profile = Profile.objects.get()
    assert [each.kind for each in Identity.objects.filter(profile=profile)] == ["email"]
    again = wizard.uploaded(
        sheet(SHOPIFY_CUSTOMERS, person), kind="customers", preset="shopify", source="shopify"
    )
    assert wizard.imported(again).unchanged == 1
    # Without the tick, and with a column of its own, it is not.
    other = wizard.uploaded(
        sheet(SHOPIFY_CUSTOMERS, person), kind="customers", preset="shopify", source="shopify"
    )
    wizard.read(other)
    said = {name: value for name, value in wizard.proposed(other).items() if not name.startswith("also-")}
    wizard.client.post(wizard.at(other, "columns"), said | {"column-0": "customer_id", "column-3": "email"})
    other.refresh_from_db()
    assert other.mapping["columns"]["customer_id"] == "Customer ID"
    assert other.mapping["columns"]["email"] == "Email"


@pytest.mark.parametrize("is_dated", [False, True])
def test_what_customers_of_shopify_agreed_to_is_taken_with_its_time_and_what_they_refused_without(
    shop, is_dated
):
    header = SHOPIFY_CUSTOMERS + (",consented_at" if is_dated else "")
    person = {
        "Email": "anna@shop.cn",
        "First Name": "Anna",
        "Accepts Email Marketing": "yes",
        "Accepts SMS Marketing": "no",
        "consented_at": "2026-10-20",
    }
    report = shop.bring_kind("customers", sheet(header, person), preset="shopify")
    assert (report.inserted, report.rejected) == (1, 0), report.reasons
    assert not {"Accepts Email Marketing", "Accepts SMS Marketing"} & set(report.ignored_columns)
    said = ConsentEntry.objects.values_list("purpose", "channel", "is_granted")
    agreed, refused = ("marketing", "email", True), ("marketing", "sms", False)
    assert set(said) == ({agreed, refused} if is_dated else {refused})


def test_answers_of_nobody_further_down_are_rejected(shop):
    row = {"Timestamp": "2026/10/20 10:30:00", "Email Address": "anna@shop.cn", "How was it?": "5"}
    mapping = shop.file('[questions]\nq1 = "How was it?"\n')
    text = sheet("Timestamp,Email Address,How was it?", row, {"How was it?": "4"})
    report = shop.bring_kind("answers", text, preset="google_forms", mapping=mapping)
    assert (report.inserted, report.skipped, report.rejected) == (1, 0, 1)


def test_interactions_are_of_user_names_and_what_many_did_is_left_out(shop):
    header = "Network,Date,Username,Type,Message,Engagements"
    row = {"Network": "Twitter", "Date": "2026-10-20 10:30", "Username": "tea_anna", "Message": "Lovely"}
    text = sheet(
        header, *({**row, "Type": word, "Engagements": "12"} for word in ("Reply", "Retweet", "Like"))
    )
    report = shop.bring_kind("social", text, preset="hootsuite")
    assert (report.inserted, report.rejected, report.ignored_columns) == (3, 0, ("Engagements",))
    assert Profile.objects.get().source == "social"
    actions = {json.loads(event["properties"])["action"] for event in shop.facts("events")}
    assert actions == {"comment", "share", "like"}
    assert shop.bring_kind("social", text, source="social").unchanged == 3


def test_a_report_of_content_names_nobody_and_is_refused(shop):
    text = sheet("Title,URL,Published Date,Total Engagements", {"Title": "Tea", "Total Engagements": "12"})
    with pytest.raises(UsageError) as refused:
        shop.bring_kind("social", text, preset="buzzsumo")
    assert refused.value.code == "columns.mapped_missing"


@pytest.mark.parametrize(
    ("kind", "header", "preset"),
    [
        ("orders", TAOBAO, "taobao"),
        ("orders", DOUYIN, "douyin"),
        ("orders", YOUZAN, "youzan"),
        ("orders", SHOPIFY_ORDERS, "shopify_orders"),
        ("answers", WJX, "wjx"),
        ("answers", SURVEYMONKEY, "surveymonkey"),
    ],
)
def test_an_export_that_is_refused_without_its_preset_is_told_which_one_fits(shop, kind, header, preset):
    with pytest.raises(UsageError) as refused:
        shop.bring_kind(kind, header + "\n")
    assert refused.value.code == "columns.missing"
    assert f"--preset {preset}" in refused.value.text.zh
    assert f"--preset {preset}" in refused.value.text.en


def test_a_table_of_the_shop_s_own_is_told_no_preset(shop):
    with pytest.raises(UsageError) as refused:
        shop.bring_kind("orders", "订单编号,哪天,多少钱\n1,2026-10-01,5.00\n")
    assert "--preset" not in refused.value.text.en
