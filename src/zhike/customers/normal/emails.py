"""E-mail addresses in the form in which two sources agree."""

from __future__ import annotations

import re

from zhike.customers.normal.writing import folded, masked
from zhike.kernel.errors import ZhikeError

_LOCAL = r"[a-z0-9!#$%&'+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"({_LOCAL})@((?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL})")
_DOTS = str.maketrans("。．｡", "...")
_LONGEST = 254
_LONGEST_LOCAL = 64

_NOBODY = {"noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "mailer-daemon"}
_NOWHERE = ("example.com", "example.org", "example.net", "test.com", "test.cn", "localhost.localdomain")
_NOWHERE_ENDINGS = (".invalid", ".test", ".example", ".localhost")
_FILLERS = {
    "a",
    "aa",
    "aaa",
    "abc",
    "abcd",
    "asd",
    "asdf",
    "email",
    "example",
    "mail",
    "na",
    "no",
    "none",
    "null",
}
_FILLERS |= {
    "qq",
    "qwe",
    "qwer",
    "qwerty",
    "test",
    "test1",
    "test123",
    "test01",
    "unknown",
    "user",
    "wu",
    "x",
    "xx",
    "xxx",
}
_COUNTING = "012345678901234567890"


def email(text: str) -> str:
    """An e-mail address in lower case, its domain in ASCII (IDNA).

    >>> email(" Zhang.San＠Example.COM ")
    'zhang.san@example.com'
    >>> email("li@例子.中国")
    'li@xn--fsqu00a.xn--fiqs8s'

    Raises
    ------
    ZhikeError
        ``contact.email`` for anything that is not exactly one address: spaces, line breaks (headers smuggled in), a
        domain without a dot, letters outside ASCII before the @; ``contact.masked`` for ``t***@qq.com``.
    """
    lowered = text.strip().lower() if text.isascii() else folded(text).translate(_DOTS).lower()
    if "*" in lowered:
        raise ZhikeError(
            "contact.masked",
            zh=f"邮箱“{masked(text)}”被平台打码了，不能用来认人；请换成完整地址，或者去掉这一列",
            en=f"the e-mail address “{masked(text)}” is masked by its platform and identifies nobody; "
            "give the whole address or leave the column out",
        )
    if len(lowered) > _LONGEST:
        raise _refused(text)
    local, at, domain = lowered.rpartition("@")
    address = f"{local}{at}{domain if domain.isascii() else _ascii_domain(domain, text)}"
    if len(local) > _LONGEST_LOCAL or len(address) > _LONGEST or not _ADDRESS.fullmatch(address):
        raise _refused(text)
    return address


def _ascii_domain(domain: str, text: str) -> str:
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        # What it says quotes the address.
        raise _refused(text) from None


def _refused(text: str) -> ZhikeError:
    return ZhikeError(
        "contact.email",
        zh=f"“{masked(text)}”不是有效的邮箱；请填一个地址，例如 name@example.com，不含空格",
        en=f"“{masked(text)}” is not a valid e-mail address; give one address such as name@example.com, without spaces",
    )


def is_placeholder_email(text: str) -> bool:
    """Whether an address stands for “none”: it must never make two records one person.

    >>> [is_placeholder_email(one) for one in ("noreply@shop.cn", "test@test.com", "123@qq.com", "1@1.com")]
    [True, True, True, True]
    >>> is_placeholder_email("zhangsan@qq.com")
    False
    """
    local, _, domain = folded(text).lower().rpartition("@")
    if not local or local in _NOBODY or domain in _NOWHERE or domain.endswith(_NOWHERE_ENDINGS):
        return True
    if local in _FILLERS or local == domain.partition(".")[0]:
        return True
    return local.isdigit() and (local in _COUNTING or len(set(local)) == 1)
