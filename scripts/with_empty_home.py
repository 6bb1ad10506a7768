"""Run a command that loads the Django settings, on an empty data folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from zhike.kernel.home import BusinessSettings, create_home


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = create_home(Path(folder), BusinessSettings())
        environment = {**os.environ, "ZHIKE_HOME": str(home.path)}
        sys.exit(subprocess.run(sys.argv[1:], env=environment, check=False).returncode)


if __name__ == "__main__":
    main()
