import pytest
from django.test import Client

from zhike.web import health

pytestmark = pytest.mark.django_db


def test_healthz_answers_without_a_sign_in(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_checks_the_database_the_migrations_and_the_lake(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "migrations": "ok", "lake": "ok"}


def test_readyz_names_what_fails_and_tells_nothing_else(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> bool:
        raise OSError("/home/alice/shop is on fire")

    monkeypatch.setitem(health.CHECKS, "lake", broken)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["lake"] == "failed" and b"alice" not in response.content
