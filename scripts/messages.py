"""Collect the words of templates and Python files into each domain's catalogs, and compile them.

    python scripts/messages.py            update every .po, then compile
    python scripts/messages.py --check    exit 1 if a message is missing, untranslated or fuzzy

Msgids are English, so English needs no catalog.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).parents[1] / "src" / "zhike"
LOCALES = ("zh_Hans",)
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# No dates and no version: a run that changes no message changes no file.
HEADER = """\
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
Extracted = tuple[int, str | tuple[str, ...], list[str], str | None]
PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w*)\}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, report what is not translated")
    check = parser.parse_args().check
    settings.configure(USE_I18N=True)
    faults = [
        fault for domain in domains() for locale in LOCALES for fault in treat(domain, locale, check=check)
    ]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print(f"{len(faults)} to translate", file=sys.stderr)
    return 1 if faults and check else 0


def domains() -> Iterator[Path]:
    return (folder for folder in sorted(PACKAGE.iterdir()) if (folder / "__init__.py").is_file())


def treat(domain: Path, locale: str, *, check: bool) -> Iterator[str]:
    """Bring one catalog up to date (unless only checking); yields what is still to translate."""
    file = domain / "locale" / locale / "LC_MESSAGES" / "django.po"
    found = extracted(domain)
    if not len(found) and not file.exists():
        return
    catalog = updated(file, found, locale)
    if not check:
        write(catalog, file, locale)
    for message in catalog:
        if message.id and (fault := fault_of(message)):
            yield f"{file.relative_to(PACKAGE.parents[1])}: {fault}: {message.id!r}"


def extracted(domain: Path) -> Catalog:
    catalog = Catalog()
    for file in sorted([*domain.rglob("*.html"), *domain.rglob("*.txt"), *domain.rglob("*.py")]):
        relative = file.relative_to(PACKAGE.parent)
        if {"migrations", "assets", "static"} & set(relative.parts):
            continue
        for _line, message, comments, context in messages_in(file):
            catalog.add(
                message, locations=[(relative.as_posix(), 0)], auto_comments=comments, context=context
            )
    return catalog


def messages_in(file: Path) -> Iterator[Extracted]:
    """(line, message, comments, context) of every call; Django turns a template into such source."""
    source = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        source = templatize(source, origin=str(file))
    yield from extract("python", io.BytesIO(source.encode()), KEYWORDS, ("Translators:",))


def updated(file: Path, found: Catalog, locale: str) -> Catalog:
    """The catalog on disk with the messages of `found`: translations kept, obsolete ones dropped."""
    catalog = Catalog(locale=locale)
    if file.exists():
        with file.open("rb") as text:
            catalog = read_po(text, locale=locale)
    # No guessed translations: a fuzzy match reads well and says something else.
    catalog.update(found, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def fault_of(message: Message) -> str:
    texts = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
    if not all(texts):
        return "not translated"
    if message.fuzzy:
        return "fuzzy"
    ids = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
    if any(_placeholders(text) - _placeholders(ids[-1]) for text in texts if text):
        return "unknown placeholder in the translation"
    return ""


def _placeholders(text: str) -> set[str]:
    return {match.group(0) for match in PLACEHOLDER.finditer(text)}


def write(catalog: Catalog, file: Path, locale: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    body = io.BytesIO()
    write_po(body, catalog, omit_header=True, include_lineno=False, sort_by_file=True, width=100)
    file.write_bytes(HEADER.format(locale=locale).encode() + body.getvalue())
    with file.open("rb") as text, file.with_suffix(".mo").open("wb") as out:
        compile_catalog(text, out)


def compile_catalog(text: BinaryIO, out: BinaryIO) -> None:
    write_mo(out, read_po(text, domain="django"))


if __name__ == "__main__":
    sys.exit(main())
