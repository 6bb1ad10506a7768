"""Every kind of file: where its rows go, what is refused, and that a second time changes nothing."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.conf import settings

from tests.collect.taken_rejects import rejects_taken
from zhike.collect.commands import KINDS as KINDS_OF_THE_COMMAND
from zhike.collect.imports.kinds import KINDS
from zhike.collect.imports.templates import template_rows
from zhike.collect.models import PointsBalance
from zhike.collect.undoing import undo_import
from zhike.customers.models import ConsentEntry, Identity, Profile
from zhike.customers.selectors import person_of, profile_keys
from zhike.customers.vault import open_vault
from zhike.jobs.progress import Silent
from zhike.kernel import clock

ORDERS = "order_id,customer_id,ordered_at,amount\nA1,c1,2024-10-31,12\nA2,c2,2024-10-31,13\n"
LINES = "order_id,line_number,product_id,quantity,amount\nA1,1,P1,2,8\nA1,2,P2,,4\nA2,1,P1,1,13\n"


def csv_of(rows: list[list[str]]) -> str:
    return "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) + "\n" for row in rows)


def counts(report) -> tuple[int, int, int, int]:
    return report.inserted, report.updated, report.unchanged, report.rejected


def test_the_command_offers_every_kind():
    assert set(KINDS_OF_THE_COMMAND) == set(KINDS)
    for name, said in KINDS_OF_THE_COMMAND.items():
        for field in KINDS[name].names.required:
            assert field in said, (name, field)


def test_no_kind_has_an_alias_for_two_fields_and_every_coded_word_is_folded():
    for kind in KINDS.values():
        aliases = [alias for each in kind.fields for alias in (each.name, *each.aliases)]
        folded = [alias.casefold() for alias in aliases]
        assert len(folded) == len(set(folded)), kind.name
        for each in kind.fields:
            assert list(each.words) == [word.casefold() for word in each.words]


@pytest.mark.parametrize("kind", KINDS)
def test_the_template_of_a_kind_can_be_imported_and_a_second_time_changes_nothing(shop, kind):
    if kind == "order_lines":
        shop.bring_kind("orders", csv_of(template_rows("orders")))
    content = csv_of(template_rows(kind))
    first = shop.bring_kind(kind, content)
    assert (first.inserted, first.rejected, first.ignored_columns) == (2, 0, ())
    again = shop.bring_kind(kind, content)
    assert counts(again) == (0, 0, 2, 0)


def test_lines_belong_to_the_customer_and_the_day_of_their_order(shop):
    shop.bring_text(ORDERS)
    report = shop.bring_kind("order_lines", LINES)
    assert counts(report) == (3, 0, 0, 0)
    by_order = {order["order_id"]: order for order in shop.orders().values()}
    for line in shop.facts("order_lines"):
        order = by_order[line["order_id"]]
        assert (line["profile_id"], line["ordered_on"]) == (order["profile_id"], order["ordered_on"])
    assert {
        (line["order_id"], line["line_number"], line["quantity"]) for line in shop.facts("order_lines")
    } == {
        ("A1", 1, 2),
        ("A1", 2, 1),
        ("A2", 1, 1),
    }
    changed = shop.bring_kind("order_lines", LINES.replace("P2,,4", "P2,,5"))
    assert counts(changed) == (0, 1, 2, 0)


def test_a_line_without_its_order_is_rejected_and_can_come_after_it(shop):
    shop.bring_text(ORDERS)
    report = shop.bring_kind("order_lines", LINES + "A9,1,P1,1,1\nA9,1,P1,1,1\n")
    assert report.reasons == {"order.missing": 2}
    shop.bring_text(ORDERS.splitlines()[0] + "\nA9,c9,2024-11-01,1\n")
    again = shop.bring_kind("order_lines", rejects_taken(report))
    assert counts(again) == (1, 0, 1, 0)


def test_without_line_numbers_a_product_stands_once_in_an_order(shop):
    shop.bring_text(ORDERS)
    header = "order_id,product_id,amount\n"
    report = shop.bring_kind("order_lines", header + "A1,P1,6\nA1,P1,6\nA1,P2,4\n")
    assert (report.inserted, report.reasons) == (2, {"line.conflict": 1})
    # Fewer lines in another file are still the same lines.
    assert counts(shop.bring_kind("order_lines", header + "A1,P2,4\n")) == (0, 0, 1, 0)


def test_an_event_that_moves_to_another_customer_is_an_update(shop):
    text = "event_id,customer_id,occurred_at,name\nE1,c1,2024-10-31,page_viewed\n"
    shop.bring_kind("events", text)
    assert counts(shop.bring_kind("events", text.replace("c1", "c2"))) == (0, 1, 0, 0)
    (event,) = shop.facts("events")
    assert profile_keys([event["profile_id"]]) == {event["profile_id"]: ("orders", "c2")}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ("[1]", "properties.unreadable"),
        ('{"a": {"b": 1}}', "properties.unreadable"),
        ('{"a": NaN}', "properties.unreadable"),
        ("{", "properties.unreadable"),
        ('{"a": "call 13912345678"}', "properties.personal"),
        ('{"a": "chen@shop.cn"}', "properties.personal"),
        ('{"t": "tel 138 0013-8000"}', "properties.personal"),
        ('{"t": "１３８００１３８０００"}', "properties.personal"),
        ('{"姓名": "陈晓"}', "properties.personal"),
        ('{"Address": "a street"}', "properties.personal"),
        ('{"phoneNumber": 1}', "properties.personal"),
        ('{"customer-name": "陈"}', "properties.personal"),
        ('{"a": "' + "x" * 201 + '"}', "properties.too_long"),
    ],
)
def test_properties_of_an_event_are_flat_short_and_name_nobody(shop, properties, code):
    header = ["event_id", "customer_id", "occurred_at", "name", "properties"]
    report = shop.bring_kind("events", csv_of([header, ["E1", "c1", "2024-10-31", "x", properties]]))
    assert report.reasons == {code: 1}


@pytest.mark.parametrize(
    "contact", ["13912345678", "回电 139 1234 5678", "li@example.cn", "11010519491231002X"]
)
def test_no_column_that_is_not_sealed_takes_a_contact(shop, contact):
    orders = ["order_id", "customer_id", "ordered_at", "amount"]
    for column in ("store", "channel", "coupon_code", "payment_method"):
        rows = [["A1", "c1", "2024-10-31", "5", contact], ["A2", "c1", "2024-10-31", "5", "counter"]]
        report = shop.bring_kind("orders", csv_of([[*orders, column], *rows]))
        assert report.reasons == {"text.personal": 1} and report.rejected == 1, column
    for column in ("province", "city", "district", "interests", "tags"):
        report = shop.bring_kind(
            "customers", csv_of([["customer_id", "name", column], ["c1", "陈晓", contact]])
        )
        assert report.reasons == {"text.personal": 1}, column
    for column in ("name", "category", "brand"):
        report = shop.bring_kind("products", csv_of([["product_id", column], ["P1", contact]]))
        assert report.reasons == {"text.personal": 1}, column
    sentence = next(iter(report.first_rejects.values()))[0].reason
    assert contact not in sentence.zh + sentence.en


def test_an_order_id_may_look_like_a_phone_but_not_like_an_e_mail(shop):
    header = ["order_id", "customer_id", "ordered_at", "amount"]
    rows = [["13912345678", "c1", "2024-10-31", "5"], ["li@example.cn", "c1", "2024-10-31", "5"]]
    assert shop.bring_kind("orders", csv_of([header, *rows])).reasons == {"text.personal": 1}
    assert set(shop.orders()) == {"13912345678"}


@pytest.mark.parametrize(
    ("divisions", "address", "kept"),
    [
        (("江苏", "南京", "江北新区"), "研创园1号", "江北新区研创园1号"),
        (("广东", "东莞", "长安镇"), "", "长安镇"),
        (("台湾", "台北市", "大安区"), "和平路2号", "台北市大安区和平路2号"),
        (("香港", "香港岛", "中西区"), "", "香港岛中西区"),
        (("浙江", "杭州", "西湖区"), "文三路3号", "文三路3号"),
    ],
)
def test_what_a_division_says_and_no_list_has_stays_with_the_street(shop, divisions, address, kept):
    shop.bring_kind(
        "customers",
        csv_of([["customer_id", "province", "city", "district", "address"], ["c1", *divisions, address]]),
    )
    (profile,) = Profile.objects.all()
    field = profile.personal_fields.get(field="address")
    told = open_vault(settings.ZHIKE_HOME).open(field.sealed, place=field.place)
    assert told == kept
    assert profile.attributes["province"].startswith(divisions[0])


@pytest.mark.parametrize("place", ["文三路1号张三丰", "文三路一号", "Long Street 7", "An address " * 4])
def test_a_street_in_a_column_of_towns_goes_to_the_sealed_address(shop, place):
    rows = [["customer_id", "city", "address"], ["c1", place, "2 floor"], ["c2", "São Paulo", ""]]
    assert shop.bring_kind("customers", csv_of(rows)).inserted == 2
    first, second = Profile.objects.order_by("pk")
    field = first.personal_fields.get(field="address")
    assert open_vault(settings.ZHIKE_HOME).open(field.sealed, place=field.place) == f"{place.strip()} 2 floor"
    assert "city" not in first.attributes and second.attributes["city"] == "São Paulo"


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("products", {"product_id": "li@example.cn", "name": "tea"}),
        ("products", {"product_id": "P1", "barcode": "li@example.cn"}),
        ("order_lines", {"order_id": "A1", "product_id": "li@example.cn", "amount": "3"}),
        (
            "reviews",
            {
                "review_id": "li@example.cn",
                "customer_id": "c1",
                "rating": "5",
                "product_id": "P1",
                "reviewed_at": "2024-10-31",
            },
        ),
        (
            "events",
            {"event_id": "li@example.cn", "customer_id": "c1", "occurred_at": "2024-10-31", "name": "seen"},
        ),
    ],
)
def test_no_id_that_is_not_sealed_is_an_e_mail(shop, kind, row):
    report = shop.bring_kind(kind, csv_of([list(row), list(row.values())]))
    assert "text.personal" in report.reasons and report.rejected == 1


def test_free_text_of_reviews_and_interactions_never_reaches_the_lake(shop):
    shop.bring_kind(
        "reviews",
        "customer_id,reviewed_at,product_id,stars,text\nc1,2024-10-31,P1,5,打电话给我 13912345678\n",
    )
    shop.bring_kind(
        "social", "customer_id,occurred_at,platform,action,text\nc1,2024-10-31,douyin,评论,我是陈晓\n"
    )
    events = {event["name"]: json.loads(event["properties"]) for event in shop.facts("events")}
    assert events == {
        "product_reviewed": {"product_id": "P1", "stars": 5, "length": 17},
        "social_interaction": {"platform": "douyin", "action": "comment", "length": 4},
    }


def test_the_key_of_a_customer_is_in_no_id_that_is_made(shop):
    shop.bring_kind("reviews", "customer_id,reviewed_at,product_id,stars\n13912345678,2024-10-31,P1,5\n")
    (event,) = shop.facts("events")
    assert "13912345678" not in str(event)
    assert event["event_id"].startswith("review:~")


def test_answers_take_named_questions_and_codes_only(shop):
    mapping = shop.file(
        '[columns]\nresponse_id = "序号"\ncustomer_id = "客户"\nanswered_at = "时间"\n'
        '[questions]\nnps = "您会推荐吗"\ntaste = "喜欢哪些"\nfree = "还想说什么"\n'
        '[values.taste]\n"绿茶" = "green"\n"红茶" = "red"\n',
        "map.toml",
    )
    header = "序号,客户,时间,您会推荐吗,喜欢哪些,还想说什么,姓名\n"
    report = shop.bring_kind(
        "answers",
        header
        + "1,c1,2024-10-31,9,绿茶┋红茶,,陈晓\n2,c2,2024-10-31,8,绿茶,请打电话给我,林一\n3,c3,2024-10-31,,,,\n",
        mapping=mapping,
    )
    assert (report.inserted, report.reasons) == (1, {"answer.free_text": 1, "answer.missing": 1})
    assert report.ignored_columns == ("姓名",)
    (event,) = shop.facts("events")
    assert (event["name"], event["event_id"]) == ("survey_answered", "answer:1")
    assert json.loads(event["properties"]) == {"answers": {"nps": 9, "taste": ["green", "red"]}}


def test_balances_of_points_are_kept_by_day_and_the_newest_tells_what_is_unchanged(shop):
    text = "customer_id,points,counted_at\nc1,100,2024-10-31\nc2,0,2024-10-31\n"
    assert counts(shop.bring_kind("points", text)) == (2, 0, 0, 0)
    assert counts(shop.bring_kind("points", text.replace(",100,", ",120,"))) == (0, 1, 1, 0)
    assert counts(shop.bring_kind("points", "customer_id,points\nc1,120\nc2,5\n")) == (0, 1, 1, 0)
    bad = shop.bring_kind("points", "customer_id,points\nc1,1.5\nc2,many\nc3,\n")
    assert bad.reasons == {"points.missing": 1, "points.not_whole": 2}
    days = PointsBalance.objects.order_by("pk").values_list("points", "counted_on")
    assert list(days)[:3] == [(100, date(2024, 10, 31)), (0, date(2024, 10, 31)), (120, date(2024, 10, 31))]


def test_customers_go_through_the_door_of_the_customers_and_not_into_the_lake(shop):
    text = (
        "customer_id,name,phone,email,gender,city,tags,marketing_consent,consented_at\n"
        "c1,陈晓,139 1234 5678,Chen@Shop.cn,女,杭州市,老客;爱茶,是,2024-10-31\n"
        "c2,林一,12,,,,,,\n"
        "c3,王二,13612345678,,,,,是,\n"
    )
    report = shop.bring_kind("customers", text)
    assert report.inserted == 1
    assert set(report.reasons) == {"contact.phone", "consent.undated"}
    again = shop.bring_kind("customers", text)
    assert counts(again) == (0, 0, 1, 2)
    changed = shop.bring_kind("customers", text.replace("杭州市", "上海市"))
    assert counts(changed)[:2] == (0, 1)
    assert not (shop.home.lake / "tables" / "events").exists()


def test_what_several_fields_say_together_is_told_with_the_faults_of_the_others(shop):
    head = "customer_id,phone,family_name,province,city,marketing_consent,consented_at"
    text = f"{head}\nc1,123,,浙江省,上海市,是,\nc2,13912345678,,,,是,soon\nc3,13912345679,,,,是,2024-10-30\n"
    report = shop.bring_kind("customers", text)
    assert (report.inserted, report.rejected) == (1, 2)
    # An agreement whose time cannot be read is not also without one.
    assert report.reasons == {
        "contact.phone": 1,
        "region.contradiction": 1,
        "consent.undated": 1,
        "date.unreadable": 1,
    }


def test_a_refund_that_contradicts_its_order_is_told_with_the_other_faults(shop):
    head = "order_id,customer_id,ordered_at,amount,refund_amount,refunded_at,currency"
    report = shop.bring_kind(
        "orders", f"{head}\nA1,c1,2024-10-31,12,13,2024-10-30,USD\nA2,c1,x,y,13,2024-10-30,\n"
    )
    assert report.reasons == {
        "currency.other": 1,
        "refund.over_amount": 1,
        "refund.before_order": 1,
        "date.unreadable": 1,
        "money.unreadable": 1,
    }


def test_a_refusal_without_a_time_holds_from_its_import_and_is_written_down_once(shop):
    def standing():
        entries = ConsentEntry.objects.order_by("given_at", "pk")
        return list(entries.values_list("is_granted", "given_at"))

    refused = "customer_id,marketing_consent\nc1,否\nc2,不同意\n"
    before = clock.now()
    assert counts(shop.bring_kind("customers", refused)) == (2, 0, 0, 0)
    assert counts(shop.bring_kind("customers", refused)) == (0, 0, 2, 0)
    assert [is_granted for is_granted, _ in standing()] == [False, False]
    assert all(given_at >= before for _, given_at in standing())
    later = "customer_id,marketing_consent,consented_at,city\n"
    assert counts(shop.bring_kind("customers", f"{later}c1,否,,杭州市\n")) == (0, 1, 0, 0)
    assert len(standing()) == 2
    shop.bring_kind("customers", f"{later}c1,是,2024-10-30,杭州市\n")
    assert [is_granted for is_granted, _ in standing()] == [True, False, False]


def test_each_channel_may_have_an_answer_of_its_own(shop):
    header = "客户编号,邮件营销授权,短信营销授权,微信营销授权,电话营销授权,授权时间\n"
    assert counts(shop.bring_kind("customers", f"{header}c1,是,否,是,,2024-10-30\n")) == (1, 0, 0, 0)
    entries = ConsentEntry.objects.values_list("channel", "is_granted")
    assert set(entries) == {("email", True), ("sms", False), ("wechat", True)}


def test_a_refusal_without_a_time_ends_an_agreement_of_before(shop):
    agreed = "customer_id,marketing_consent,consented_at\nc1,是,2024-10-30\n"
    assert counts(shop.bring_kind("customers", agreed)) == (1, 0, 0, 0)
    refused = "customer_id,marketing_consent\nc1,否\n"
    assert counts(shop.bring_kind("customers", refused)) == (0, 1, 0, 0)
    assert counts(shop.bring_kind("customers", refused)) == (0, 0, 1, 0)
    entries = ConsentEntry.objects.order_by("given_at", "pk").values_list("is_granted", flat=True)
    assert list(entries) == [True, False]


def test_a_referral_names_both_by_number_and_no_key_reaches_the_lake(shop):
    text = "客户编号,推荐人编号,推荐时间\n13800138000,13900139000,2024-10-31\nc3,c3,2024-10-31\n"
    report = shop.bring_kind("referrals", text)
    assert (report.inserted, report.reasons) == (1, {"referrer.self": 1})
    (event,) = shop.facts("events")
    assert event["name"] == "referred"
    assert "13800138000" not in str(event)
    assert "13900139000" not in str(event)
    assert list(json.loads(event["properties"])) == ["referrer_profile_id"]
    assert json.loads(event["properties"])["referrer_profile_id"] != event["profile_id"]
    assert counts(shop.bring_kind("referrals", text)) == (0, 0, 1, 1)


def test_a_name_in_two_columns_is_joined_as_its_script_wants(shop):
    text = "客户编号,姓,名,姓名\nc1,欧阳,娜娜,\nc2,Smith,John,\nc3,王,,\nc4,李,四,李小四\nc5,张*,三,\n"
    report = shop.bring_kind("customers", text)
    assert (report.inserted, report.reasons) == (4, {"contact.masked": 1})
    names = [person_of(each.customer_id, is_masked=False).name for each in Profile.objects.order_by("pk")]
    assert names == ["欧阳娜娜", "John Smith", "王", "李小四"]


def test_when_a_contact_was_verified_is_kept_and_taken_back(shop):
    plain = "客户编号,手机,email\nc1,13912345678,a@shop.cn\n"
    dated = "客户编号,手机,手机验证时间,email\nc1,13912345678,2026-05-20,a@shop.cn\n"
    shop.bring_kind("customers", plain)
    check = shop.bring_kind("customers", dated, is_dry_run=True)
    assert (check.updated, verified()) == (1, {})
    report = shop.bring_kind("customers", dated)
    assert (report.updated, verified()) == (1, {"phone": date(2026, 5, 19)})
    assert shop.bring_kind("customers", dated).unchanged == 1
    shop.bring_kind("customers", plain)
    assert verified() == {"phone": date(2026, 5, 19)}
    undo_import(home=shop.home, run_id=report.run_id, progress=Silent())
    assert verified() == {}


def verified():
    """Kind of identifier → the day in UTC on which it was verified."""
    return {each.kind: each.verified_at.date() for each in Identity.objects.exclude(verified_at=None)}
