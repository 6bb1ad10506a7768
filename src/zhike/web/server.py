"""Serving the web application from this process."""

from __future__ import annotations

from zhike.kernel.home import Home
from zhike.web.boot import boot

# Pages wait for the disk more than for the processor; four also keep a slow page from blocking the next.
THREADS = 4


def serve(home: Home, host: str, port: int) -> None:
    """Answer requests for `home` until the process is stopped."""
    import waitress

    boot(home)
    from zhike.web.wsgi import application

    waitress.serve(application, host=host, port=port, threads=THREADS, ident="")
