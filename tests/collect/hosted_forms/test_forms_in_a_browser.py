"""The pages of forms as a browser sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser import visitor
from tests.cast import PASSWORD
from tests.collect.hosted_forms.test_hosted_forms import form, home  # noqa: F401 - fixtures
from zhike.collect.hosted_forms.models import HostedForm, Submission

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from zhike.accounts.models import User

LOOKS = [("zh-hans", "light", 1280), ("en", "dark", 390)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_a_visitor_fills_in_a_form_and_no_page_has_a_fault(
    browser: Browser,
    live_server,  # type: ignore[no-untyped-def]
    form: HostedForm,  # noqa: F811
    language: str,
    theme: str,
    width: int,
) -> None:
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        guest.open("/f/sign-up/")
        assert guest.faults() == []
        guest.page.click("main button.btn-primary")
        told = guest.page.locator(".kz-field .invalid-feedback")
        told.first.wait_for()
        assert told.count() == 2
        faults = [fault for fault in guest.faults() if "422" not in str(fault)]
        assert faults == []
        guest.page.fill("input[name=personal_name]", "陈晓")
        guest.page.check("input[name=choice_goal][value=lose]")
        guest.page.click("main button.btn-primary")
        guest.page.wait_for_url("**/thanks/")
        assert [fault for fault in guest.faults() if "422" not in str(fault)] == []
    assert Submission.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("language", "theme", "width"), LOOKS)
def test_the_pages_of_the_builder_have_no_faults(
    browser: Browser,
    live_server,  # type: ignore[no-untyped-def]
    form: HostedForm,  # noqa: F811
    alice: User,
    language: str,
    theme: str,
    width: int,
) -> None:
    with visitor(browser, live_server.url, language=language, theme=theme, width=width) as guest:
        guest.sign_in(alice.email, PASSWORD)
        for path in ("", f"{form.pk}/", f"{form.pk}/submissions/"):
            guest.open(f"/data/forms/{path}")
            assert guest.faults() == [], path
