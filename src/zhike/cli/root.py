"""The root command: finds the data folder, starts Django where needed, and turns errors into sentences."""

from __future__ import annotations

import importlib
import io
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from zhike import __version__
from zhike.cli.chinese import in_chinese
from zhike.kernel.errors import UsageError, ZhikeError
from zhike.kernel.home import SETTINGS_FILE, Home, open_home
from zhike.kernel.words import Text, current_language, language_of, set_language


@dataclass(frozen=True)
class Lazy:
    """A command that is imported when it is called; `needs_home` starts Django on the data folder first."""

    place: str
    text: Text
    needs_home: bool = True


COMMANDS = {
    "demo": Lazy(
        "zhike.cli.demo:demo", Text("用真实示例数据看看", "Look at a real sample"), needs_home=False
    ),
    "init": Lazy("zhike.cli.folders:init", Text("新建数据文件夹", "Make a data folder"), needs_home=False),
    "up": Lazy("zhike.cli.serving:up", Text("同时启动网页与后台", "Start web and worker together")),
    "serve": Lazy("zhike.cli.serving:serve", Text("启动网页", "Start the web server")),
    "worker": Lazy("zhike.cli.serving:worker", Text("启动后台", "Start the worker")),
    "import": Lazy("zhike.collect.commands:import_group", Text("导入数据", "Bring data in")),
    "refresh": Lazy(
        "zhike.pipeline.commands:refresh", Text("重新计算并发布快照", "Compute and publish a snapshot")
    ),
    "value": Lazy(
        "zhike.value.commands:value",
        Text("客户价值：回测、权重、毛利率", "Customer value: back-test, weights, margins"),
    ),
    "tables": Lazy("zhike.pipeline.catalog:tables", Text("列出数据表", "List the tables"), needs_home=False),
    "export": Lazy("zhike.customers.commands:export", Text("导出数据表", "Export a table")),
    "customers": Lazy(
        "zhike.customers.commands:customers",
        Text("查重；一位客户的导出、抹除与画像意愿", "Find duplicates; hand out or erase one customer"),
    ),
    "keys": Lazy("zhike.customers.commands:keys", Text("加密密钥", "The keys of the vault")),
    "users": Lazy("zhike.accounts.commands:users", Text("管理账号与角色", "Manage users and their roles")),
    "api-keys": Lazy("zhike.accounts.commands:api_keys", Text("管理 API 密钥", "Manage API keys")),
    "doctor": Lazy("zhike.cli.doctor:doctor", Text("检查一切是否正常", "Check that all is well")),
    "manage": Lazy("zhike.cli.folders:manage", Text("Django 管理命令", "Django's management commands")),
}


_ABOUT = Text(
    "知客：知道每位客户值多少，因人而异地对待，并证明这样做有用。",
    "Zhike 知客: know what every customer is worth, treat them accordingly, prove that it helped.",
)


class LazyGroup(click.Group):
    """Knows its commands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        lazy = COMMANDS.get(cmd_name)
        if lazy is None:
            return None
        if lazy.needs_home and (cmd_name == "manage" or not ctx.meta.get("help_only")):
            ctx.obj = _booted(
                _chosen_folder(ctx.meta.get("dir")), migrate=cmd_name not in ("manage", "doctor")
            )
        module, name = lazy.place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return in_chinese(cmd_name, command) if current_language() == "zh" else command

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(str(_ABOUT))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(str(Text("命令", "Commands"))):
            formatter.write_dl([(name, str(lazy.text)) for name, lazy in COMMANDS.items()])
        with formatter.section(str(Text("可放在任何位置的选项", "Options that may stand anywhere"))):
            formatter.write_dl(
                [
                    (
                        "--dir DIR",
                        str(
                            Text("数据文件夹；也可用 ZHIKE_HOME", "the data folder; ZHIKE_HOME does the same")
                        ),
                    ),
                    ("--lang zh|en", str(Text("输出的语言", "the language of the output"))),
                ]
            )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="zhike")
@click.pass_context
def zhike(ctx: click.Context) -> None:
    """Find the data folder and hand over to the command."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 3 done with rejects, 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    rest, named = _without_global_options(sys.argv[1:] if arguments is None else arguments)
    set_language(language_of(named.get("--lang") or os.environ.get("ZHIKE_LANG") or _locale()))
    try:
        sys.exit(_run(rest, named))
    except ZhikeError as error:
        click.echo(f"zhike: {error}", err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read us has seen enough, as in `zhike tables | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _run(arguments: list[str], named: dict[str, str]) -> int:
    try:
        with zhike.make_context("zhike", list(arguments)) as ctx:
            ctx.meta["dir"] = named.get("--dir")
            ctx.meta["help_only"] = bool({"-h", "--help"} & set(arguments))
            zhike.invoke(ctx)
    except click.exceptions.Exit as leaving:
        return int(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    return 0


def _without_global_options(arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """`--dir` and `--lang` taken out of wherever they stand before a bare ``--``."""
    rest: list[str] = []
    named: dict[str, str] = {}
    waiting = iter(arguments)
    for argument in waiting:
        name, equals, value = argument.partition("=")
        if argument == "--":
            return [*rest, argument, *waiting], named
        if name in ("--dir", "--lang"):
            if not equals and (value := next(waiting, "")) == "":
                raise UsageError("option.empty", zh=f"{name} 后面缺少值", en=f"{name} needs a value")
            named[name] = value
        else:
            rest.append(argument)
    return rest, named


def _chosen_folder(named: str | None) -> Path:
    """`--dir`, else ZHIKE_HOME, else this folder if it is one."""
    if chosen := named or os.environ.get("ZHIKE_HOME"):
        return Path(chosen)
    if Path(SETTINGS_FILE).is_file():
        return Path.cwd()
    raise UsageError(
        "home.unnamed",
        zh="没有指定数据文件夹：用 --dir 文件夹，或设环境变量 ZHIKE_HOME；还没有就先运行 zhike init 文件夹",
        en="no data folder is named: use --dir DIR or set ZHIKE_HOME; make one by zhike init DIR",
    )


def _booted(path: Path, *, migrate: bool) -> Home:
    from zhike.web.boot import boot, bring_up_to_date

    home = open_home(path)
    boot(home)
    if migrate:
        bring_up_to_date()
    return home


def _locale() -> str:
    return os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
