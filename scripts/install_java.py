"""Make sure that a Java is there which Spark can run on: Debian's own package where apt may install it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

PACKAGE = "openjdk-17-jre-headless"
LEAST_VERSION = 17


def main() -> None:
    if _version() >= LEAST_VERSION:
        return
    if not shutil.which("apt-get"):
        sys.exit(f"Spark needs Java {LEAST_VERSION} or newer: install it, or point JAVA_HOME at it")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], check=True, env=quiet)
    subprocess.run([*prefix, "apt-get", "install", "-y", "-qq", PACKAGE], check=True, env=quiet)


def _version() -> int:
    """The version of the Java that Spark would take; 0 where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else 0


if __name__ == "__main__":
    main()
