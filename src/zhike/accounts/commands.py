"""`zhike users` and `zhike api-keys`."""

from __future__ import annotations

import json
from typing import Any

import click

from zhike.accounts.access import Role
from zhike.accounts.keys import KeyScope
from zhike.kernel.errors import UsageError
from zhike.kernel.words import Text

ROLES = click.Choice([role.value for role in Role])
SCOPES = click.Choice([scope.value for scope in KeyScope])


@click.group("users")
def users() -> None:
    """Who has an account, and what they may do."""


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="print as JSON")
def list_users(as_json: bool) -> None:
    """List the accounts."""
    from zhike.accounts import selectors

    rows = [
        {"email": user.email, "name": user.display_name, "role": user.role, "is_active": user.is_active}
        for user in selectors.users()
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        off = "" if row["is_active"] else str(Text("（已停用）", " (switched off)"))
        click.echo(f"{row['email']}\t{Role(str(row['role'])).text}\t{row['name']}{off}")


@users.command("add")
@click.argument("email")
@click.option("--role", type=ROLES, default=Role.VIEWER.value, show_default=True)
@click.option("--name", default="", help="what colleagues call this person")
def add_user(email: str, role: str, name: str) -> None:
    """Make an account; its password is printed once."""
    from zhike.accounts import services

    made = services.add_user(actor=None, email=email, role=Role(role), display_name=name)
    said = Text(
        "{email}　角色：{role}　密码：{password}（只显示这一次）",
        "{email}  role: {role}  password: {password} (shown only once)",
    )
    click.echo(said.format(email=made.user.email, role=Role(role).text, password=made.password))


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=ROLES)
def set_role(email: str, role: str) -> None:
    """Make somebody something else."""
    from zhike.accounts import services

    services.set_role(actor=None, user=_account(email), role=Role(role))
    click.echo(
        Text("{email} 的角色：{role}", "{email} is now: {role}").format(email=email, role=Role(role).text)
    )


@click.group("api-keys")
def api_keys() -> None:
    """Keys with which programs send data."""


@api_keys.command("create")
@click.argument("name")
@click.option("--scope", "scopes", type=SCOPES, multiple=True, help="what it may send; all if not given")
def create_key(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key; it is printed once, alone on standard output."""
    from zhike.accounts import services

    wanted = scopes or tuple(scope.value for scope in KeyScope)
    made = services.create_api_key(actor=None, name=name, scopes=wanted)
    click.echo(Text("密钥只显示这一次：", "The key is shown only once:"), err=True)
    click.echo(made.token)


@api_keys.command("list")
@click.option("--json", "as_json", is_flag=True, help="print as JSON")
def list_keys(as_json: bool) -> None:
    """List the keys; of each only the beginning is known."""
    from zhike.accounts import selectors

    keys = selectors.api_keys()
    if as_json:
        shown = ("name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
        rows = [{name: getattr(key, name) for name in shown} for key in keys]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    for key in keys:
        off = str(Text("（已停用）", " (revoked)")) if key.revoked_at else ""
        click.echo(f"{key.name}{off}\t{key.prefix}…\t{', '.join(key.scopes)}")


@api_keys.command("change")
@click.argument("name")
@click.option(
    "--scope", "scopes", type=SCOPES, multiple=True, required=True, help="what it may send from now on"
)
def change_key(name: str, scopes: tuple[str, ...]) -> None:
    """Let a key be for something else; the program keeps its token."""
    from zhike.accounts import services

    services.change_api_key(actor=None, key=_key(name), scopes=scopes)
    said = Text("密钥“{name}”现可发送：{scopes}", "the key “{name}” may now send: {scopes}")
    click.echo(said.format(name=name, scopes=", ".join(_key(name).scopes)))


@api_keys.command("revoke")
@click.argument("name")
def revoke_key(name: str) -> None:
    """Let no program in with this key from now on."""
    from zhike.accounts import services

    services.revoke_api_key(actor=None, key=_key(name))
    click.echo(Text("密钥“{name}”已停用", "the key “{name}” no longer works").format(name=name))


def _key(name: str) -> Any:
    """The `ApiKey`, whose type cannot be named before Django is up."""
    from zhike.accounts import selectors

    key = selectors.key_in_force(name)
    if key is None:
        raise UsageError(
            "api_key.unknown",
            zh=f"没有名为“{name}”的有效密钥；zhike api-keys list 列出所有密钥",
            en=f"no key named “{name}” is in force; zhike api-keys list shows them all",
        )
    return key


def _account(email: str) -> Any:
    """The `User`, whose type cannot be named before Django is up."""
    from zhike.accounts import selectors

    user = selectors.account_of(email.strip())
    if user is None:
        raise UsageError(
            "account.unknown",
            zh=f"没有 {email} 这个账号；zhike users list 列出所有账号",
            en=f"there is no account {email}; zhike users list shows them all",
        )
    return user
