"""Events that another system posts, signed by the Standard Webhooks specification."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.collect.intake.conftest import event
from zhike.collect.intake.hooks import NewHook, close_hook, create_hook
from zhike.collect.intake.models import ReceivedBatch
from zhike.collect.intake.signatures import is_signed, signature
from zhike.kernel import clock
from zhike.kernel.errors import UsageError
from zhike.kernel.home import Home

BODY = json.dumps({"events": [event()]}).encode()


@pytest.fixture
def hook(home: Home, db: None) -> NewHook:
    return create_hook(slug="my-shop")


def post(hook: NewHook, body: bytes = BODY, *, age: int = 0, **changes: str) -> HttpResponse:
    moment = str(int(clock.now().timestamp()) - age)
    signed = signature(hook.secret, message_id="msg_1", timestamp=moment, body=body)
    headers: dict[str, Any] = {
        "webhook-id": "msg_1",
        "webhook-timestamp": moment,
        "webhook-signature": signed,
    }
    answer: HttpResponse = Client(enforce_csrf_checks=True).post(  # type: ignore[assignment]
        f"/hooks/{hook.slug}", data=body, content_type="application/json", headers=headers | changes
    )
    return answer


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the reference libraries: https://github.com/standard-webhooks/standard-webhooks."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    wanted = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    given = signature(secret, message_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp="1614265330", body=body)
    assert given == wanted
    assert is_signed(
        secret,
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp="1614265330",
        signatures=f"v1,{base64.b64encode(bytes(32)).decode()} {wanted}",
        body=body,
        now=datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC),
    )


def test_a_signed_event_is_accepted_under_the_name_of_the_hook(hook: NewHook) -> None:
    answer = post(hook)
    assert answer.status_code == 202 and json.loads(answer.content)["accepted"] == 1
    assert json.loads(post(hook).content)["duplicates"] == 1
    assert json.loads(ReceivedBatch.objects.get().content)[0][0] == "my-shop"


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "é"},
        {"webhook-signature": "v1"},
        {"webhook-id": "msg_2"},
    ],
)
def test_a_wrong_signature_is_refused(hook: NewHook, wrong: dict[str, str]) -> None:
    answer = post(hook, **wrong)
    assert answer.status_code == 401 and json.loads(answer.content)["code"] == "hook.signature"
    assert not ReceivedBatch.objects.exists()


@pytest.mark.parametrize("slug", ["my-shop", "nobody"])
@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        ({"webhook-signature": ""}, "hook.headers", "webhook-signature"),
        ({"webhook-id": ""}, "hook.headers", "webhook-id"),
        ({"webhook-timestamp": "now"}, "hook.headers", "webhook-timestamp"),
        ({"webhook-timestamp": "1"}, "hook.time", "5"),
    ],
)
def test_what_is_no_signature_of_now_is_told_so_at_any_address(
    hook: NewHook, wrong: dict[str, str], code: str, said: str, slug: str
) -> None:
    answer = post(NewHook(slug, hook.secret), **wrong)
    told = json.loads(answer.content)
    assert answer.status_code == 401 and told["code"] == code and said in told["detail"]
    assert not ReceivedBatch.objects.exists()


def test_an_old_message_and_one_from_the_future_are_refused(hook: NewHook) -> None:
    assert [post(hook, age=age).status_code for age in (290, 310, -310)] == [202, 401, 401]


def test_an_unknown_address_and_a_closed_one_answer_like_a_wrong_signature(hook: NewHook) -> None:
    unknown = post(NewHook("nobody", hook.secret))
    close_hook(slug="my-shop")
    assert unknown.content == post(hook).content and unknown.status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["", "My Shop", "a/b", "x" * 41])
def test_an_address_that_is_none_is_refused(slug: str, home: Home) -> None:
    with pytest.raises(UsageError):
        create_hook(slug=slug)


def test_the_owner_makes_an_address_whose_secret_is_shown_once_and_works(
    home: Home, alice_client: Client
) -> None:
    html = alice_client.post("/data/hooks/add/", {"slug": "my-shop"}).content.decode()
    secret = "whsec_" + html.split("whsec_")[1].split("<")[0].replace("&#x3D;", "=").replace("&#x2B;", "+")
    later = alice_client.get("/data/hooks/").content.decode()
    assert not re.search("whsec_[A-Za-z0-9]", later) and "HMAC-SHA256" in later
    assert post(NewHook("my-shop", secret)).status_code == 202
    assert alice_client.post("/data/hooks/add/", {"slug": "my-shop"}).status_code == 422
    alice_client.post("/data/hooks/my-shop/close/")
    assert post(NewHook("my-shop", secret)).status_code == 401
