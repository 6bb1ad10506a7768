"""Make sure that a Chromium and Chinese fonts are there for the browser tests.

Debian's own packages where apt may install them, Playwright's download elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium", "fonts-noto-cjk")


def main() -> None:
    if shutil.which("chromium") and _has_chinese_fonts():
        return
    if shutil.which("apt-get") and (prefix := _root_prefix()) is not None:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run([*prefix, "apt-get", "update", "-qq"], check=True, env=quiet)
        subprocess.run([*prefix, "apt-get", "install", "-y", "-qq", *PACKAGES], check=True, env=quiet)
        return
    if not shutil.which("chromium"):
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def _root_prefix() -> list[str] | None:
    """How to run a command as root; None where we may not."""
    if os.geteuid() == 0:
        return []
    can_sudo = (
        shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    )
    return ["sudo", "-n"] if can_sudo else None


def _has_chinese_fonts() -> bool:
    folders = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path("/System/Library/Fonts"))
    return any(next(folder.rglob("*CJK*"), None) for folder in folders if folder.is_dir())


if __name__ == "__main__":
    main()
