import pytest
from django.test import Client

from zhike.accounts.models import User
from zhike.kernel.words import current_language

pytestmark = pytest.mark.django_db


def html_lang(client: Client, path: str = "/", **headers: str) -> str:
    content = client.get(path, follow=True, headers=headers).content.decode()
    return content.split('<html lang="')[1].split('"')[0]


def test_the_business_language_is_the_default_whatever_the_browser_prefers(client: Client) -> None:
    assert html_lang(client, **{"accept-language": "en"}) == "zh-Hans"


def test_the_users_language_beats_the_business_language(alice_client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="en")
    assert html_lang(alice_client) == "en"


def test_the_cookie_beats_the_users_language(alice_client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(language="en")
    alice_client.cookies["zhike_language"] = "zh-hans"
    assert html_lang(alice_client) == "zh-Hans"


def test_an_unknown_language_in_the_cookie_is_ignored(client: Client) -> None:
    client.cookies["zhike_language"] = "xx"
    assert html_lang(client) == "zh-Hans"


def test_choosing_a_language_keeps_it_for_the_browser_and_the_user(alice_client: Client, alice: User) -> None:
    response = alice_client.post("/language/", {"language": "en", "next": "/?period=7"})
    assert response["Location"] == "/?period=7"
    alice.refresh_from_db()
    assert alice.language == "en" and html_lang(alice_client) == "en"


def test_a_stranger_may_choose_a_language_before_signing_in(charlie_client: Client) -> None:
    response = charlie_client.post("/language/", {"language": "en", "next": "//evil.example/"})
    assert response["Location"] == "/"
    assert "Sign in" in charlie_client.get("/sign-in/").content.decode()


def test_a_request_leaves_no_language_behind(client: Client) -> None:
    client.cookies["zhike_language"] = "en"
    client.get("/sign-in/")
    assert current_language() == "zh"
