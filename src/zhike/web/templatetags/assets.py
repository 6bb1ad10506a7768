"""Built assets by their source names."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django import template
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe

from zhike.kernel.errors import ZhikeError

register = template.Library()

BUILT = Path(__file__).parents[1] / "static" / "zhike"


@register.simple_tag
def asset(name: str) -> str:
    """The address of a built asset such as ``app.css``; it carries a hash of the content."""
    return static(f"zhike/{_manifest()[name]}")


@register.simple_tag
def icon_sprite() -> SafeString:
    """The icons that `{% icon %}` refers to; once, at the start of the body."""
    return _sprite()


@cache
def _manifest() -> dict[str, str]:
    file = BUILT / "manifest.json"
    if not file.is_file():
        raise ZhikeError(
            "assets.missing",
            zh="网页资源尚未构建：请在代码目录运行 pip install -e . ",
            en="the web assets are not built: run pip install -e . in the source folder",
        )
    content: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return content


@cache
def _sprite() -> SafeString:
    # Written by our own build from the icons named there; nothing of a visitor's is in it.
    return mark_safe((BUILT / _manifest()["icons.svg"]).read_text(encoding="utf-8"))
