"""Serving the web application from this process."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Sequence
from typing import Any

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.web.boot import boot

# Pages wait for the disk more than for the processor; four also keep a slow page from blocking the next.
THREADS = 4
_WAITING_CONNECTIONS = 128


def serve(home: Home, host: str, port: int) -> None:
    """Answer requests for `home` until the process is stopped."""
    serve_at(home, listeners(host, port))


def serve_at(home: Home, places: Sequence[socket.socket]) -> None:
    """Answer requests that come in at sockets of `listeners`."""
    boot(home)
    from zhike.web.wsgi import application

    # The first page would otherwise wait for the engine to be loaded.
    threading.Thread(target=_open_lake, args=(home,), daemon=True).start()
    made_server(application, places).run()


def listeners(host: str, port: int) -> list[socket.socket]:
    """Sockets at which connections wait from now on; one for every address of that name.

    Raises
    ------
    OSError
        If none of them can be listened at.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    made, faults = [], []
    for family, address in dict.fromkeys((each[0], each[4]) for each in found):
        try:
            made.append(socket.create_server(address, family=family, backlog=_WAITING_CONNECTIONS))
        except OSError as error:
            faults.append(error)
    if not made:
        raise faults[0]
    return made


def made_server(application: Any, places: Sequence[socket.socket]) -> Any:
    """A server of waitress; `run` answers until the process is stopped."""
    import waitress

    return waitress.create_server(
        application,
        sockets=list(places),
        threads=THREADS,
        ident="",
        # TrustedProxyMiddleware decides about them.
        clear_untrusted_proxy_headers=False,
    )


def get_ready() -> None:
    """Import what serving and working need, so that a fork of this process starts at once; nothing is opened."""
    from django.db import connections
    from django.urls import get_resolver

    import zhike.collect.intake.moving
    import zhike.jobs.worker
    import zhike.pipeline.tasks
    import zhike.web.wsgi  # noqa: F401

    _ = get_resolver().url_patterns
    connections.close_all()


def _open_lake(home: Home) -> None:
    from zhike.lake.snapshots import open_lake

    try:
        snapshot = open_lake(home.lake).current()
        if snapshot is not None:
            snapshot.rows(snapshot.table("model_parameters").limit(1))
    except ZhikeError as error:
        # The pages will say the same to whoever opens one.
        logging.getLogger(__name__).warning("the lake could not be opened: %s", error)
