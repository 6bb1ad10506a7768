"""One data folder for the whole run, and the cast: Alice owns the shop, Charlie is a stranger."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cast import PASSWORD
from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.pipeline import catalog as _every_table  # noqa: F401 - importing registers
from zhike.web.boot import boot

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser

    from zhike.accounts.models import User

# At import and not in a fixture: test modules import models, and those need the settings of a data folder.
_HOME = create_home(Path(tempfile.mkdtemp(prefix="zhike-test-")), BusinessSettings(name="山茶小铺"))
boot(_HOME)
# Or the workers of a parallel run would inherit this folder instead of making their own.
for _name in ("ZHIKE_HOME", "DJANGO_SETTINGS_MODULE"):
    os.environ.pop(_name, None)
# These import models, so not before the folder is open.
from django.conf import settings as _settings  # noqa: E402

from tests.emptying import let_tests_empty_the_audit_trail  # noqa: E402

let_tests_empty_the_audit_trail()
_settings.ZHIKE_UNDECLARED_VIEWS_RAISE = True
# Assets are found when they are asked for: each of the thousands of test clients would list them all before its first page.
_settings.WHITENOISE_AUTOREFRESH = True


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME.path, ignore_errors=True)


@pytest.fixture(scope="session")
def home() -> Home:
    """The data folder of this run; its database is Django's test database, its lake is empty."""
    return _HOME


@pytest.fixture
def alice(db: None) -> User:
    """The owner."""
    from zhike.accounts.services import create_owner

    return create_owner(email="alice@example.com", password=PASSWORD, display_name="Alice")


@pytest.fixture
def alice_client(client: Client, alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def charlie_client(db: None) -> Client:
    """A browser of somebody who has no account."""
    from django.test import Client

    return Client()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium for the whole run; `tests.browser.visitor` opens pages in it."""
    from tests.browser import chromium

    with chromium() as opened:
        yield opened
