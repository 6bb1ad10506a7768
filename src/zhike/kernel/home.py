"""The data folder: one folder is one business, with one currency and one time zone."""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from zhike.kernel.errors import UsageError, ZhikeError

SETTINGS_FILE = "zhike.toml"
LANGUAGES = ("zh-hans", "en")
_SettingsT = TypeVar("_SettingsT")


@dataclass(frozen=True)
class BusinessSettings:
    """`[business]` of zhike.toml."""

    name: str = "我的店"
    currency: str = "CNY"
    time_zone: str = "Asia/Shanghai"
    language: str = "zh-hans"
    is_sample: bool = False

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True)
class Home:
    """Paths and settings of one data folder."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "zhike.sqlite3"

    @property
    def lake(self) -> Path:
        return self.path / "lake"

    @property
    def rejects(self) -> Path:
        return self.path / "rejects"

    @property
    def settings_file(self) -> Path:
        return self.path / SETTINGS_FILE

    def business(self) -> BusinessSettings:
        business = self.section("business", BusinessSettings)
        _check_business(business, self.settings_file)
        return business

    def section(self, name: str, kind: type[_SettingsT]) -> _SettingsT:
        """One section of zhike.toml as a frozen dataclass; unknown keys and wrong types are refused."""
        try:
            content = tomllib.loads(self.settings_file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(
                "settings.unreadable",
                zh=f"{self.settings_file} 不是有效的 TOML：{error}",
                en=f"{self.settings_file} is not valid TOML: {error}",
            ) from error
        return _filled(kind, content.get(name, {}), place=f"{self.settings_file} [{name}]")

    def secret_key(self) -> str:
        """Made once, readable by the owner of the folder only."""
        file = self.path / "secret_key"
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(secrets.token_urlsafe(50))
        return file.read_text().strip()


def open_home(path: Path) -> Home:
    """The data folder at `path`.

    Raises
    ------
    UsageError
        ``home.missing`` where there is no zhike.toml.
    """
    if not (path / SETTINGS_FILE).is_file():
        raise UsageError(
            "home.missing",
            zh=f"{path} 不是知客的数据文件夹（缺少 {SETTINGS_FILE}）。先运行 zhike init {path}，或用 --dir 指定",
            en=f"{path} is not a Zhike data folder (no {SETTINGS_FILE}). Run zhike init {path} first, or name one by --dir",
        )
    return Home(path.resolve())


def create_home(path: Path, business: BusinessSettings, *, sections: str = "") -> Home:
    """Make the folder and its settings file; an existing settings file is left as it is.

    `sections` is TOML text appended after `[business]`, for folders that start with their own settings.
    """
    path.mkdir(parents=True, exist_ok=True)
    file = path / SETTINGS_FILE
    if not file.exists():
        file.write_text(_settings_text(business) + sections, encoding="utf-8")
    return Home(path.resolve())


def _settings_text(business: BusinessSettings) -> str:
    def toml(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else '"' + str(value).replace('"', '\\"') + '"'

    lines = [f"{field.name} = {toml(getattr(business, field.name))}" for field in fields(business)]
    return "[business]\n" + "\n".join(lines) + "\n"


def _filled(kind: type[_SettingsT], values: dict[str, Any], *, place: str) -> _SettingsT:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key, value in values.items():
        if key not in known:
            raise UsageError(
                "settings.unknown_key",
                zh=f"{place} 中没有“{key}”这一项；可用：{'、'.join(known)}",
                en=f"{place} has no setting “{key}”; known: {', '.join(known)}",
            )
        default = known[key].default
        expected = type(default) if default is not MISSING and default is not None else type(value)
        if expected is float and type(value) is int:
            values[key] = float(value)
        elif isinstance(value, list) and expected is tuple:
            values[key] = tuple(value)
        elif type(value) is not expected:
            raise UsageError(
                "settings.wrong_type",
                zh=f"{place} 的“{key}”应为 {expected.__name__}，现在是 {value!r}",
                en=f"“{key}” in {place} must be {expected.__name__}, not {value!r}",
            )
    try:
        return kind(**values)
    except ValueError as error:
        raise UsageError("settings.refused", zh=f"{place}：{error}", en=f"{place}: {error}") from error


def _check_business(business: BusinessSettings, file: Path) -> None:
    try:
        business.zone  # noqa: B018 - the look-up is the check
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ZhikeError(
            "settings.time_zone",
            zh=f"{file} 的 time_zone“{business.time_zone}”不存在，例如应写 Asia/Shanghai",
            en=f"the time_zone “{business.time_zone}” in {file} does not exist; write for example Asia/Shanghai",
        ) from error
    if business.language not in LANGUAGES:
        raise ZhikeError(
            "settings.language",
            zh=f"{file} 的 language“{business.language}”应为 {' 或 '.join(LANGUAGES)}",
            en=f"the language “{business.language}” in {file} must be {' or '.join(LANGUAGES)}",
        )
    if len(business.currency) != 3 or not business.currency.isupper():
        raise ZhikeError(
            "settings.currency",
            zh=f"{file} 的 currency“{business.currency}”应为三个大写字母，例如 CNY",
            en=f"the currency “{business.currency}” in {file} must be three capital letters, such as CNY",
        )
