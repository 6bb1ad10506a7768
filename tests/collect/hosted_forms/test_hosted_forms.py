"""Forms without code: built by the owner, filled in by anybody, kept as profiles, consents and events."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from tests.shops import Order, add_orders, refresh
from zhike.collect.hosted_forms import throttle
from zhike.collect.hosted_forms.models import ConsentWording, HostedForm, Submission
from zhike.collect.hosted_forms.questions import Option, Question
from zhike.collect.hosted_forms.services import change_form, create_form, open_or_close_form
from zhike.collect.intake.models import ReceivedBatch
from zhike.collect.intake.moving import move_received
from zhike.customers.models import ConsentEntry, Identity, Note, Profile, SensitiveValue
from zhike.customers.selectors.access import everything_of
from zhike.customers.selectors.sensitive import sensitive_values_of
from zhike.customers.services.attributes import create_attribute
from zhike.kernel.errors import UsageError
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.kernel.words import Text
from zhike.lake.snapshots import open_lake

pytestmark = pytest.mark.django_db

GOALS = (Option("lose", Text("减脂", "Lose weight")), Option("gain", Text("增肌", "Gain muscle")))
QUESTIONS = (
    Question("personal", "name", is_required=True),
    Question("personal", "phone"),
    Question("personal", "email"),
    Question("personal", "birthday"),
    Question("personal", "city"),
    Question("attribute", "slots"),
    Question("attribute", "injuries", Text("我同意保存我的伤病情况", "I agree that my injuries are kept")),
    Question("choice", "goal", Text("目标", "Goal"), is_required=True, options=GOALS),
    Question("multi", "sports", Text("运动", "Sports"), options=GOALS),
    Question("rating", "stars", Text("评分", "Stars")),
    Question("nps", "nps", Text("会推荐吗", "Would you recommend us")),
    Question("text", "wish", Text("想说的话", "Anything else")),
    Question("consent", "marketing.sms", Text("同意接收短信", "I agree to text messages")),
)
GOOD = {
    "personal_name": "陈晓",
    "personal_phone": "139 1234 5678",
    "personal_email": "Chen@Shop.cn",
    "personal_birthday": "1990-05-20",
    "personal_city": "杭州",
    "attribute_slots": ["morning", "evening"],
    "choice_goal": "lose",
    "multi_sports": ["gain", "lose"],
    "rating_stars": "5",
    "nps_nps": "9",
    "text_wish": "教练很好",
    "consent_marketing_sms": "on",
}


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Home:
    made = create_home(tmp_path / "home", BusinessSettings(name="山茶健身"))
    settings.ZHIKE_HOME = made
    return made


@pytest.fixture
def form(home: Home, db: None) -> HostedForm:
    slots = [{"code": c, "zh": c, "en": c} for c in ("morning", "evening")]
    create_attribute(
        code="slots", type="choices", label_zh="时段", label_en="Times", options=slots, actor=None
    )
    create_attribute(
        code="injuries",
        type="text",
        label_zh="伤病",
        label_en="Injuries",
        sensitivity="sensitive",
        actor=None,
    )
    made = create_form(slug="sign-up", title_zh="入会登记", actor=None)
    change_form(form=made, texts={"title_en": "Sign up"}, questions=QUESTIONS, actor=None)
    open_or_close_form(form=made, is_open=True, actor=None)
    return made


def send(changes: dict[str, Any] | None = None, *, slug: str = "sign-up") -> HttpResponse:
    answer: HttpResponse = Client().post(f"/f/{slug}/", GOOD | (changes or {}))  # type: ignore[assignment]
    return answer


def test_what_somebody_sends_becomes_a_profile_a_consent_a_note_and_an_event(
    form: HostedForm, home: Home
) -> None:
    answer = send()
    assert answer.status_code == 302 and answer["Location"] == "/f/sign-up/thanks/"
    profile = Profile.objects.get(source="form:sign-up")
    assert profile.attributes["slots"] == ["morning", "evening"] and profile.attributes["city"] == "杭州市"
    assert set(Identity.objects.values_list("kind", flat=True)) == {"phone", "email"}
    consent = ConsentEntry.objects.get()
    assert (consent.purpose, consent.channel, consent.is_granted) == ("marketing", "sms", True)
    assert ConsentWording.objects.get(version=consent.text_version).text_zh == "同意接收短信"
    assert Note.objects.get().profile == profile
    move_received(home=home)
    with open_lake(home.lake).reading_facts() as facts:
        (event,) = facts.fetch(facts.table("events")).to_pylist()
    assert (event["source"], event["name"]) == ("form:sign-up", "survey_answered")
    assert event["profile_id"] == profile.pk
    answers = {"goal": "lose", "sports": ["gain", "lose"], "stars": 5, "nps": 9}
    assert json.loads(event["properties"]) == {"survey": "sign-up", "answers": answers}


def test_the_page_of_the_customer_says_what_was_asked_and_answered(
    form: HostedForm, home: Home, alice_client: Client
) -> None:
    send()
    move_received(home=home)
    add_orders(home, [Order("K1", date(2026, 11, 1), 1_000)])
    refresh(home)
    customer = Profile.objects.get(source="form:sign-up").customer_id

    def told(language: str = "zh-hans") -> str:
        alice_client.cookies["zhike_language"] = language
        html = alice_client.get(f"/customers/{customer}/", {"kind": "events"}).content.decode()
        return " ".join(re.sub("<[^>]+>", " ", html).split())

    said = told()
    assert "目标 减脂" in said and "运动 增肌、减脂" in said and "评分 5" in said and "会推荐吗 9" in said
    assert "Goal Lose weight" in told("en") and "Sports Gain muscle, Lose weight" in told("en")
    # What is not asked any more keeps its code: nobody knows better.
    change_form(form=form, texts={}, questions=[q for q in QUESTIONS if q.code != "goal"], actor=None)
    assert "goal lose" in told() and "运动 增肌、减脂" in told()


def test_nothing_personal_lies_in_the_database_or_waits_for_the_lake_in_plain_text(form: HostedForm) -> None:
    send({"attribute_injuries": "膝盖旧伤", "agree_injuries": "on"})
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            said = repr(cursor.fetchall())
            for secret in ("陈晓", "13912345678", "chen@shop.cn", "教练很好", "膝盖旧伤", "1990-05-20"):
                assert secret not in said, f"{secret} in {table}"


def test_a_sensitive_answer_is_kept_only_with_its_own_box_and_sealed(form: HostedForm) -> None:
    refused = send({"attribute_injuries": "膝盖旧伤"})
    assert refused.status_code == 422 and not Submission.objects.exists()
    assert send({"attribute_injuries": "膝盖旧伤", "agree_injuries": "on"}).status_code == 302
    profile = Profile.objects.get()
    assert "injuries" not in profile.attributes and SensitiveValue.objects.count() == 1
    assert sensitive_values_of(profile.customer_id)[0].value == "膝盖旧伤"
    assert set(ConsentEntry.objects.values_list("purpose", flat=True)) == {"marketing", "sensitive"}


def test_a_box_that_is_not_ticked_is_no_consent(form: HostedForm) -> None:
    send({"consent_marketing_sms": ""})
    assert Submission.objects.exists() and not ConsentEntry.objects.exists()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"personal_name": ""}, "personal_name"),
        ({"personal_phone": "123"}, "personal_phone"),
        ({"personal_email": "nobody"}, "personal_email"),
        ({"personal_birthday": "someday"}, "personal_birthday"),
        ({"personal_city": "call 13912345678"}, "personal_city"),
        ({"choice_goal": "fly"}, "choice_goal"),
        ({"choice_goal": ""}, "choice_goal"),
        ({"rating_stars": "6"}, "rating_stars"),
        ({"text_wish": "x" * 1001}, "text_wish"),
    ],
)
def test_a_wrong_answer_is_marked_and_nothing_is_kept(
    form: HostedForm, changes: dict[str, Any], name: str
) -> None:
    answer = send(changes)
    assert answer.status_code == 422
    html = answer.content.decode()
    assert f'id="id_{name}_error"' in html
    assert "教练很好" in html or name == "text_wish", "what was right is still there"
    assert not Submission.objects.exists() and not Profile.objects.exists()


def test_a_machine_that_fills_in_the_hidden_field_is_thanked_and_ignored(form: HostedForm) -> None:
    assert send({"website": "http://spam"}).status_code == 302
    assert not Submission.objects.exists()


def test_an_address_that_sends_too_much_has_to_wait(
    form: HostedForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST", 2)
    assert [send().status_code for _ in range(3)] == [302, 302, 429]
    assert Submission.objects.count() == 2


def test_a_closed_form_takes_nothing_and_an_unknown_one_is_not_there(form: HostedForm) -> None:
    open_or_close_form(form=form, is_open=False, actor=None)
    assert send().status_code == 410 and send(slug="nothing").status_code == 404
    assert not Submission.objects.exists()


def test_two_submissions_are_two_profiles(form: HostedForm) -> None:
    send()
    send()
    assert Profile.objects.count() == 2 and ReceivedBatch.objects.count() == 2


def test_the_words_that_were_agreed_to_stay_when_they_change(form: HostedForm, alice_client: Client) -> None:
    send()
    changed = Question("consent", "marketing.sms", Text("同意短信与电话", ""))
    change_form(form=form, texts={}, questions=(*QUESTIONS[:-1], changed), actor=None)
    version = ConsentEntry.objects.get().text_version
    assert changed.text_version != version
    assert ConsentWording.objects.get(version=version).text_zh == "同意接收短信"
    customer = Profile.objects.get(source="form:sign-up").customer_id
    # On the page, and in the file for the person.
    html = alice_client.get(f"/customers/{customer}/").content.decode()
    assert "同意接收短信" in html and "同意短信与电话" not in html
    (entry,) = everything_of(customer)["consents"]
    assert entry["text"] == {"zh": "同意接收短信", "en": "I agree to text messages"}


@pytest.mark.parametrize(
    ("questions", "code"),
    [
        ((), "form.empty"),
        ((Question("personal", "shoe"),), "form.code"),
        ((Question("attribute", "unknown"),), "form.code"),
        ((Question("consent", "everything", Text("同意", "")),), "form.code"),
        ((Question("consent", "marketing.sms", Text("同意", ""), is_required=True),), "form.forced"),
        ((Question("consent", "profiling", Text("同意", ""), is_required=True),), "form.forced"),
        ((Question("rating", "Q 1", Text("评分", "")),), "form.code"),
        ((Question("rating", "q1"),), "form.label"),
        ((Question("attribute", "injuries"),), "form.label"),
        ((Question("choice", "q1", Text("选", ""), options=GOALS[:1]),), "form.options"),
        ((Question("personal", "name"), Question("personal", "name")), "form.repeated"),
        (
            (Question("rating", "q1", Text("评分", "")), Question("nps", "q1", Text("推荐", ""))),
            "form.repeated",
        ),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    form: HostedForm, questions: tuple[Question, ...], code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        change_form(form=form, texts={}, questions=questions, actor=None)
    assert caught.value.code == code


def test_the_owner_builds_a_form_in_the_browser_without_code(home: Home, alice_client: Client) -> None:
    made = alice_client.post("/data/forms/add/", {"title_zh": "问卷", "slug": "survey"})
    assert made.status_code == 302
    address = made["Location"]
    rows = {
        "q-TOTAL_FORMS": "2",
        "q-INITIAL_FORMS": "0",
        "q-0-asks": "nps",
        "q-0-label_zh": "会推荐吗",
        "q-0-ORDER": "2",
        "q-1-asks": "choice",
        "q-1-code": "goal",
        "q-1-label_zh": "目标",
        "q-1-options": "减脂 | Lose\ngain | 增肌\n康复",
        "q-1-ORDER": "1",
    }
    assert alice_client.post(address, {"title_zh": "问卷", **rows}).status_code == 302
    form = HostedForm.objects.get()
    assert [question["code"] for question in form.questions] == ["goal", "hui_tui_jian_ma"]
    assert [option["code"] for option in form.questions[0]["options"]] == ["jian_zhi", "gain", "kang_fu"]
    assert Client().get("/f/survey/").status_code == 410
    assert alice_client.post(f"{address}open/", {"to": "open"}).status_code == 302
    assert "减脂" in Client().get("/f/survey/").content.decode()
    wrong = alice_client.post(address, {"title_zh": "问卷", **rows, "q-1-options": ""})
    assert wrong.status_code == 422 and "选项" in wrong.content.decode()


def test_a_form_asks_for_a_person_by_words_that_other_sources_use(form: HostedForm) -> None:
    asked = ("gender", "occupation", "income", "education", "interests")
    about = tuple(Question("personal", code) for code in asked)
    change_form(form=form, texts={}, questions=(QUESTIONS[0], *about), actor=None)
    page = Client().get("/f/sign-up/").content.decode()
    assert 'value="female"' in page and "月入 5–8 千" in page
    said = {
        "personal_name": "陈晓",
        "personal_gender": "female",
        "personal_income": "5000_7999",
        "personal_education": "",
        "personal_interests": "喝茶，读书、喝茶",
    }
    assert Client().post("/f/sign-up/", said).status_code == 302
    assert Profile.objects.get().attributes == {
        "gender": "female",
        "income": "5000_7999",
        "interests": ["喝茶", "读书"],
    }
    for wrong in ({"personal_gender": "cat"}, {"personal_interests": "找我 13912345678"}):
        assert Client().post("/f/sign-up/", said | wrong).status_code == 422
    assert Profile.objects.count() == 1


def test_a_question_keeps_its_code_when_its_words_change_and_words_without_a_question_are_not_lost(
    form: HostedForm, alice_client: Client
) -> None:
    address = f"/data/forms/{form.pk}/"
    rows = alice_client.get(address).context["page"].rows
    posted = {"title_zh": "问卷", "q-TOTAL_FORMS": "15", "q-INITIAL_FORMS": "13"}
    for number, row in enumerate(rows):
        said = {"asks": "", "code": "", "label_zh": "", "options": "", **row.initial, "ORDER": number + 1}
        posted |= {f"q-{number}-{name}": value for name, value in said.items() if name != "is_required"}
    assert posted["q-10-asks"] == "nps"
    changed = posted | {"q-10-label_zh": "愿意推荐吗", "q-13-asks": "rating", "q-13-label_zh": "评分"}
    assert alice_client.post(address, changed).status_code == 302
    form.refresh_from_db()
    codes = {
        each["label"]["zh"]: each["code"] for each in form.questions if each["kind"] in ("nps", "rating")
    }
    assert codes["愿意推荐吗"] == "nps"
    assert [each["code"] for each in form.questions if each["kind"] == "rating"] == ["stars", "ping_fen"]
    lost = alice_client.post(address, posted | {"q-13-label_zh": "还有什么"})
    assert lost.status_code == 422 and "还有什么" in lost.content.decode()


def test_a_form_and_an_attribute_need_no_code_of_their_own(home: Home, alice_client: Client) -> None:
    made = alice_client.post("/data/forms/add/", {"title_zh": "新客登记", "slug": ""})
    assert made.status_code == 302 and HostedForm.objects.get().slug == "xin-ke-deng-ji"
    attribute = create_attribute(code="", type="text", label_zh="茶龄", label_en="", actor=None)
    assert attribute.code == "cha_ling"
    assert "茶龄" in alice_client.get(made["Location"]).content.decode()


def test_what_was_sent_in_is_listed_masked(form: HostedForm, alice_client: Client) -> None:
    send()
    answer = alice_client.get(f"/data/forms/{form.pk}/submissions/")
    assert "no-store" in answer["Cache-Control"]
    html = answer.content.decode()
    assert "13912345678" not in html and "陈晓" not in html and "5678" in html
