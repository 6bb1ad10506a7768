"""`zhike init` and `zhike manage`."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from zhike.kernel.home import BusinessSettings, Home, create_home
from zhike.kernel.words import Text
from zhike.web.boot import boot, bring_up_to_date


@click.command("init")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--name", default=BusinessSettings.name, help="name of the business")
@click.option("--currency", default=BusinessSettings.currency)
@click.option("--time-zone", default=BusinessSettings.time_zone)
@click.option("--language", default=BusinessSettings.language, type=click.Choice(["zh-hans", "en"]))
@click.option("--owner-email", default="", help="e-mail of the owner's account; made if there is none yet")
@click.option("--owner-password", default="", help="made up and printed if not given")
def init(
    folder: Path,
    name: str,
    currency: str,
    time_zone: str,
    language: str,
    owner_email: str,
    owner_password: str,
) -> None:
    """Make a data folder: settings, database, owner account."""
    home = create_home(
        folder, BusinessSettings(name=name, currency=currency, time_zone=time_zone, language=language)
    )
    home.business()
    prepare(home, owner_email=owner_email, owner_password=owner_password)
    click.echo(Text("数据文件夹：{path}", "Data folder: {path}").format(path=home.path))
    click.echo(
        Text(
            "下一步：zhike --dir {p} import orders 文件，再 zhike --dir {p} up",
            "Next: zhike --dir {p} import orders FILE, then zhike --dir {p} up",
        ).format(p=home.path)
    )


DEFAULT_OWNER_EMAIL = "owner@example.com"


def prepare(home: Home, *, owner_email: str = "", owner_password: str = "") -> None:
    """Bring the database up to date; make the owner's account if there is none and say its password once."""
    boot(home)
    from zhike.accounts.selectors import account_of, first_owner
    from zhike.accounts.services import create_owner, set_password

    bring_up_to_date()
    known = first_owner()
    email = owner_email or (known.email if known else DEFAULT_OWNER_EMAIL)
    if known is not None and not owner_password:
        click.echo(Text("店主账号：{email}", "Owner account: {email}").format(email=known.email))
        return
    password = owner_password or secrets.token_urlsafe(12)
    existing = account_of(email)
    if existing is not None:
        set_password(user=existing, password=password)
    else:
        create_owner(email=email, password=password)
    said = Text(
        "店主账号：{email}　密码：{password}（只显示这一次）",
        "Owner account: {email}  password: {password} (shown only once)",
    )
    click.echo(said.format(email=email, password=password))


@click.command(
    "manage",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    add_help_option=False,
)
@click.pass_context
def manage(ctx: click.Context) -> None:
    """Run one of Django's management commands on this data folder."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["zhike manage", *ctx.args])
