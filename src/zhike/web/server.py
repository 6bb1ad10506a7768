"""Serving the web application from this process."""

from __future__ import annotations

import logging
import threading

from zhike.kernel.errors import ZhikeError
from zhike.kernel.home import Home
from zhike.web.boot import boot

# Pages wait for the disk more than for the processor; four also keep a slow page from blocking the next.
THREADS = 4


def serve(home: Home, host: str, port: int) -> None:
    """Answer requests for `home` until the process is stopped."""
    import waitress

    boot(home)
    from zhike.web.wsgi import application

    # The first page would otherwise wait for the engine to be loaded.
    threading.Thread(target=_open_lake, args=(home,), daemon=True).start()

    waitress.serve(application, host=host, port=port, threads=THREADS, ident="")


def _open_lake(home: Home) -> None:
    from zhike.lake.snapshots import open_lake

    try:
        snapshot = open_lake(home.lake).current()
        if snapshot is not None:
            snapshot.rows(snapshot.table("model_parameters").limit(1))
    except ZhikeError as error:
        # The pages will say the same to whoever opens one.
        logging.getLogger(__name__).warning("the lake could not be opened: %s", error)
