from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.test import Client

from zhike.web import shell

pytestmark = pytest.mark.django_db


def test_the_frame_says_whose_shop_it_is_and_where_one_is(alice_client: Client) -> None:
    html = alice_client.get("/").content.decode()
    assert "山茶小铺" in html and "Alice" in html
    assert 'href="/" aria-current="page"' in html
    assert html.count("<h1>") == 1 and 'href="#main"' in html


def test_before_the_first_refresh_there_is_no_stamp(alice_client: Client) -> None:
    assert "数据截至" not in alice_client.get("/").content.decode()


def test_every_page_says_how_fresh_its_data_is(alice_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = SimpleNamespace(
        id=3, as_of=date(2018, 1, 2), created_at=datetime.now(UTC) - timedelta(hours=2, minutes=5)
    )
    lake = SimpleNamespace(current=lambda: snapshot)
    monkeypatch.setattr(shell, "open_lake", lambda path: lake)
    html = alice_client.get("/").content.decode()
    assert "数据截至 2018-01-02（业务日期）" in html and "2 小时前计算" in html
    alice_client.cookies["zhike_language"] = "en"
    html = alice_client.get("/").content.decode()
    assert "Data up to 2018-01-02 (business date)" in html and "computed 2 hours ago" in html


def test_a_rise_is_red_in_chinese_and_green_in_english(alice_client: Client) -> None:
    assert 'data-rise="red"' in alice_client.get("/").content.decode()
    alice_client.cookies["zhike_language"] = "en"
    assert 'data-rise="green"' in alice_client.get("/").content.decode()


@pytest.mark.urls("tests.web.refusing_urls")
@pytest.mark.parametrize(("address", "status"), [("/mistaken/", 400), ("/closed/", 409)])
def test_a_refusal_becomes_a_page_that_says_what_to_do(
    alice_client: Client, address: str, status: int
) -> None:
    response = alice_client.get(address)
    html = response.content.decode()
    assert response.status_code == status
    assert "店铺已关闭，请先开店" in html and "shop.closed" in html
    part = alice_client.get(address, headers={"hx-request": "true"}).content.decode()
    assert "店铺已关闭" in part and "<html" not in part
