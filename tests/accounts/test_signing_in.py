import pytest
from django.test import Client

from tests.cast import PASSWORD
from zhike.accounts.models import User

pytestmark = pytest.mark.django_db


def sign_in(client: Client, email: str, password: str, address: str = "10.0.0.1", **more: str):  # type: ignore[no-untyped-def]
    return client.post("/sign-in/", {"username": email, "password": password, **more}, REMOTE_ADDR=address)


def test_alice_signs_in_whatever_capitals_she_types(client: Client, alice: User) -> None:
    response = sign_in(client, "Alice@Example.com", PASSWORD)
    assert response.status_code == 302 and response["Location"] == "/"
    assert client.get("/").status_code == 200


def test_alice_returns_to_where_she_wanted_to_go(client: Client, alice: User) -> None:
    response = client.get("/?period=90")
    assert response["Location"] == "/sign-in/?next=/%3Fperiod%3D90"
    assert sign_in(client, alice.email, PASSWORD, next="/?period=90")["Location"] == "/?period=90"


def test_nobody_is_sent_to_another_site(client: Client, alice: User) -> None:
    assert sign_in(client, alice.email, PASSWORD, next="https://evil.example/")["Location"] == "/"


def test_a_wrong_password_says_the_same_as_an_unknown_address(client: Client, alice: User) -> None:
    wrong = sign_in(client, alice.email, "wrong").content.decode()
    unknown = sign_in(client, "nobody@example.com", "wrong").content.decode()
    assert "邮箱或密码不正确" in wrong and "邮箱或密码不正确" in unknown


def test_ten_wrong_passwords_lock_this_address_and_not_another_one(client: Client, alice: User) -> None:
    for turn in range(10):
        # Other capitals are the same account: they must not give ten more tries.
        sign_in(client, "ALICE@example.com" if turn % 2 else alice.email, "wrong", "10.9.9.9")
    locked = sign_in(client, alice.email, PASSWORD, "10.9.9.9")
    assert locked.status_code == 429 and "尝试次数过多" in locked.content.decode()
    assert sign_in(client, alice.email, PASSWORD, "10.0.0.1").status_code == 302


def test_a_locked_address_still_lets_another_user_in(client: Client, alice: User) -> None:
    User.objects.create_user(email="bob@example.com", password=PASSWORD)
    for _ in range(10):
        sign_in(client, alice.email, "wrong", "10.9.9.9")
    assert sign_in(client, "bob@example.com", PASSWORD, "10.9.9.9").status_code == 302


def test_signing_out_needs_a_post_and_ends_the_session(alice_client: Client) -> None:
    assert alice_client.get("/sign-out/").status_code == 405
    assert alice_client.post("/sign-out/")["Location"] == "/sign-in/"
    assert alice_client.get("/").status_code == 302


def test_a_form_without_its_token_is_refused(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    response = sign_in(client, alice.email, PASSWORD)
    assert response.status_code == 403 and "表单已过期" in response.content.decode()
