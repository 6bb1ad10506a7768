"""What can be recorded: a closed list that every domain adds its actions to."""

from __future__ import annotations

from dataclasses import dataclass

from zhike.kernel.words import Text


@dataclass(frozen=True, slots=True)
class Action:
    """`code` is what is kept, such as ``api_key.created``; `text` is what people read."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Target:
    """What an action was done to: its kind, such as ``customer``, and its id."""

    kind: str
    id: int | str = ""


_ACTIONS: dict[str, Action] = {}


def action(code: str, *, zh: str, en: str) -> Action:
    """Declare an action, once, where the service that does it is written.

    Raises
    ------
    ValueError
        If another action has this code.
    """
    made = Action(code, Text(zh=zh, en=en))
    if _ACTIONS.setdefault(code, made) != made:
        raise ValueError(f"the action {code} is declared twice")
    return made


def action_text(code: str) -> Text:
    """The words for a code; the code itself if a later version no longer knows it."""
    known = _ACTIONS.get(code)
    return known.text if known else Text(code, code)


SIGNED_IN = action("user.signed_in", zh="登录", en="signed in")
SIGN_IN_FAILED = action("user.sign_in_failed", zh="登录失败", en="sign-in failed")
USER_ADDED = action("user.added", zh="新增账号", en="added a user")
ROLE_CHANGED = action("user.role_changed", zh="更改角色", en="changed a role")
USER_SWITCHED_OFF = action("user.switched_off", zh="停用账号", en="switched a user off")
USER_SWITCHED_ON = action("user.switched_on", zh="启用账号", en="switched a user on")
PASSWORD_RENEWED = action("user.password_renewed", zh="重设密码", en="gave a new password")
API_KEY_CREATED = action("api_key.created", zh="新建 API 密钥", en="made an API key")
API_KEY_CHANGED = action("api_key.changed", zh="修改 API 密钥的用途", en="changed what an API key may send")
API_KEY_REVOKED = action("api_key.revoked", zh="停用 API 密钥", en="revoked an API key")
AUDIT_EXPORTED = action("audit.exported", zh="导出操作记录", en="exported the audit trail")
