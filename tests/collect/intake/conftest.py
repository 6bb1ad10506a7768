"""A shop with a lake of its own, and programs that send to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from zhike.accounts.services import create_api_key
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.lake.snapshots import open_lake


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Home:
    """A fresh data folder that the web application works on; the database is that of the tests."""
    made = create_home(tmp_path / "home", BusinessSettings(name="山茶小铺"))
    settings.ZHIKE_HOME = made
    return made


@dataclass(frozen=True)
class Program:
    """A program with a key, and what a test looks at afterwards."""

    home: Home
    token: str

    def post(self, what: str, body: Any, *, kind: str = "application/json", **headers: str) -> HttpResponse:
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        said = {"authorization": f"Bearer {self.token}", "accept-language": "en", **headers}
        answer: HttpResponse = Client(enforce_csrf_checks=True).post(  # type: ignore[assignment]
            f"/api/v1/{what}", data=data, content_type=kind, headers=said
        )
        return answer

    def send(self, *events: dict[str, Any]) -> dict[str, Any]:
        """Send events; what the answer says."""
        said: dict[str, Any] = json.loads(self.post("events", {"events": events}).content)
        return said

    def move(self) -> int:
        from zhike.collect.intake.moving import move_received

        return move_received(home=self.home)

    def facts(self, table: str) -> list[dict[str, Any]]:
        with open_lake(self.home.lake).reading_facts() as facts:
            rows: list[dict[str, Any]] = facts.fetch(facts.table(table)).to_pylist()
        return rows


@pytest.fixture
def program(home: Home, db: None) -> Program:
    made = create_api_key(actor=None, name="website", scopes=["events", "profiles", "orders", "referrals"])
    return Program(home, made.token)


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "event_id": f"E{number}",
        "name": "page_viewed",
        "occurred_at": "2026-11-20T10:30:00+08:00",
        "customer": "C1",
        "properties": {"page": "home"},
    } | changes


def referral(**changes: Any) -> dict[str, Any]:
    return {"customer": "C2", "referrer": "C1", "referred_at": "2026-11-20"} | changes


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": f"A{number}",
        "customer": "C1",
        "ordered_at": "2026-11-20T10:30:00+08:00",
        "amount": "128.00",
    } | changes
