import re

import pytest
from django.db import IntegrityError

from tests.cast import PASSWORD
from zhike.accounts.access import Role
from zhike.accounts.models import User
from zhike.accounts.services import create_owner
from zhike.kernel.errors import UsageError

CHINESE = "[\u4e00-\u9fff]"

pytestmark = pytest.mark.django_db


def test_the_owner_is_made_with_a_hashed_password() -> None:
    owner = create_owner(email=" Alice@Example.COM ", password=PASSWORD)
    assert owner.email == "alice@example.com"
    assert owner.role == Role.OWNER and owner.check_password(PASSWORD)
    assert owner.password.startswith("argon2$")


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        ("not-an-address", PASSWORD, "account.email"),
        ("a@example.com", "short", "account.password"),
        ("a@example.com", "12345678901", "account.password"),
        ("teahouse@example.com", "teahouse", "account.password"),
    ],
)
def test_a_bad_address_or_a_weak_password_is_refused_in_both_languages(
    email: str, password: str, code: str
) -> None:
    with pytest.raises(UsageError) as refused:
        create_owner(email=email, password=password)
    assert refused.value.code == code
    assert re.search(CHINESE, refused.value.text.zh) and not re.search(CHINESE, refused.value.text.en)
    assert not User.objects.exists()


def test_one_address_is_one_account_whatever_its_capitals(alice: User) -> None:
    with pytest.raises(UsageError) as refused:
        create_owner(email="ALICE@example.com", password=PASSWORD)
    assert refused.value.code == "account.exists"
    # The table itself refuses it too, for whatever writes past the service.
    with pytest.raises(IntegrityError):
        User.objects.bulk_create([User(email="Alice@example.com")])
