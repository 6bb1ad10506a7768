"""`zhike up`, `serve` and `worker`."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence

import click

from zhike.cli.supervising import CAN_FORK, GaveUp, Service, keep_running
from zhike.kernel.home import Home
from zhike.kernel.words import Text


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--quiet", "is_quiet", is_flag=True, help="do not print the address")
@click.pass_obj
def serve(home: Home, host: str, port: int, is_quiet: bool) -> None:
    """Serve the pages only; background work waits for a worker."""
    if not is_quiet:
        _announce(host, port)
    _serve(home, host, port)


@click.command("worker")
@click.pass_obj
def worker(home: Home) -> None:
    """Do the background work: refreshes that pages ask for."""
    from zhike.jobs.worker import run_worker

    run_worker()


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.option("--spawn", "is_spawned", is_flag=True, help="start fresh processes, as macOS and Windows do")
@click.pass_obj
def up(home: Home, host: str, port: int, is_spawned: bool) -> None:
    """Serve the pages and do the background work."""
    run_web_and_worker(home, host=host, port=port, forks=CAN_FORK and not is_spawned)


def run_web_and_worker(home: Home, *, host: str, port: int, forks: bool = CAN_FORK) -> None:
    """Serve pages and do the background work in two processes; one that dies is started again.

    Call it before anything has been done in this process, or use `become_web_and_worker`.
    """
    from zhike.web.server import get_ready, listeners

    try:
        places = listeners(host, port)
    except OSError as error:
        raise _taken(host, port, error) from error
    _announce(host, port)
    if forks:
        get_ready()
    else:
        _close(places)
    try:
        keep_running(_services(home, host, port, places), forks=forks)
    except GaveUp as error:
        said = Text("{name} 一再意外退出，已停止", "the {name} ended unexpectedly again and again; stopping")
        raise click.ClickException(str(said.format(name=error))) from error


def become_web_and_worker(home: Home, *, host: str, port: int) -> None:
    """Put a fresh process that does `run_web_and_worker` in place of this one."""
    if not CAN_FORK:
        run_web_and_worker(home, host=host, port=port)
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*_command(home), "up", "--host", host, "--port", str(port)])


def _services(home: Home, host: str, port: int, places: Sequence[socket.socket]) -> tuple[Service, Service]:
    def serve_pages() -> None:
        from zhike.web.server import serve_at

        # The listening sockets outlive a web server that dies: whoever asks meanwhile waits a moment.
        serve_at(home, places)

    def work() -> None:
        from zhike.jobs.worker import run_worker

        _close(places)
        run_worker()

    address = ["--host", host, "--port", str(port)]
    return (
        Service("web", serve_pages, [*_command(home), "serve", *address, "--quiet"]),
        Service("worker", work, [*_command(home), "worker"]),
    )


def _command(home: Home) -> list[str]:
    return [sys.executable, "-m", "zhike", "--dir", str(home.path)]


def _close(places: Sequence[socket.socket]) -> None:
    for place in places:
        place.close()


def _serve(home: Home, host: str, port: int) -> None:
    from zhike.web.server import serve as serve_pages

    try:
        serve_pages(home, host, port)
    except OSError as error:
        raise _taken(host, port, error) from error


def _taken(host: str, port: int, error: OSError) -> click.ClickException:
    said = Text(
        "无法在 {host}:{port} 启动（{error}）。端口被占用时可用 --port 另选一个",
        "cannot listen on {host}:{port} ({error}). If the port is taken, choose another by --port",
    )
    return click.ClickException(str(said.format(host=host, port=port, error=error)))


def _announce(host: str, port: int) -> None:
    click.echo(f"http://{host}:{port}")
    sys.stdout.flush()
