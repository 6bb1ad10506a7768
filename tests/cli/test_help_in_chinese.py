"""Every command and option says in Chinese what it does, and nothing is translated that no command says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from tests.cli.test_command_line import zhike
from tests.docs.test_docs import commands
from zhike.cli import chinese

_HAN = re.compile(r"[\u3400-\u9fff]")


def spoken() -> Iterator[tuple[str, click.Command, click.Command]]:
    """The full name without `zhike`, a command as it is written, and as it is shown in Chinese."""
    for name, command in commands():
        short = name.removeprefix("zhike ")
        yield short, command, chinese.in_chinese(short, command)


def test_every_command_has_a_chinese_help_and_every_chinese_help_a_command() -> None:
    found = {name: said for name, _, said in spoken()}
    assert [name for name, said in found.items() if not _HAN.search(said.help or "")] == []
    assert set(chinese._COMMANDS) == set(found)


def test_every_option_with_a_help_has_a_chinese_one_and_no_translation_is_left_over() -> None:
    written, untranslated = set(), []
    for name, command, said in spoken():
        for before, after in zip(command.params, said.params, strict=True):
            if isinstance(before, click.Option) and isinstance(after, click.Option) and before.help:
                written.add(before.help)
                if not _HAN.search(after.help or ""):
                    untranslated.append(f"{name} {before.name}")
    assert untranslated == [] and set(chinese._OPTIONS) == written


def test_the_english_command_stays_as_it_is_written() -> None:
    for _, command, said in spoken():
        assert said is not command and not _HAN.search(command.help or "")


@pytest.mark.parametrize(
    ("language", "shown", "not_shown"),
    [
        ("zh", ["抹除一位客户", "原因；记入操作记录"], "Forget"),
        ("en", ["Forget one customer", "why; kept"], "抹除"),
    ],
)
def test_the_help_of_a_command_below_a_group_follows_the_language(
    language: str, shown: list[str], not_shown: str
) -> None:
    said = zhike("customers", "erase", "--help", ZHIKE_LANG=language).stdout
    assert all(text in said for text in shown) and not_shown not in said
    assert shown[0] in zhike("customers", "--help", "--lang", language).stdout
