"""`zhike up`, `serve` and `worker`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import click

from zhike.kernel.home import Home
from zhike.kernel.words import Text


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.pass_obj
def serve(home: Home, host: str, port: int) -> None:
    """Serve the pages only; background work waits for a worker."""
    _announce(host, port)
    _serve(home, host, port)


@click.command("worker")
@click.pass_obj
def worker(home: Home) -> None:
    """Do the background work: refreshes that pages ask for."""
    from zhike.jobs.worker import run_worker
    from zhike.pipeline.services import complete_interrupted_work

    complete_interrupted_work(home=home)
    run_worker()


@click.command("up")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True)
@click.pass_obj
def up(home: Home, host: str, port: int) -> None:
    """Serve the pages and do the background work."""
    run_web_and_worker(home, host=host, port=port)


def run_web_and_worker(home: Home, *, host: str, port: int) -> None:
    """Serve from this process with a worker beside it; both end together."""
    beside = subprocess.Popen([sys.executable, "-m", "zhike", "--dir", str(home.path), "worker"])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_stop_with, args=(beside,), daemon=True).start()
    _announce(host, port)
    try:
        _serve(home, host, port)
    finally:
        beside.terminate()
        try:
            beside.wait(timeout=10)
        except subprocess.TimeoutExpired:
            beside.kill()


def _stop_with(beside: subprocess.Popen[bytes]) -> None:
    """A web server without its worker would accept work that nobody does: stop both, loudly."""
    if beside.wait() not in (0, -signal.SIGTERM):
        click.echo(Text("后台进程意外退出，正在停止", "the worker ended unexpectedly; stopping"), err=True)
        os.kill(os.getpid(), signal.SIGTERM)


def _serve(home: Home, host: str, port: int) -> None:
    from zhike.web.server import serve as serve_pages

    try:
        serve_pages(home, host, port)
    except OSError as error:
        said = Text(
            "无法在 {host}:{port} 启动（{error}）。端口被占用时可用 --port 另选一个",
            "cannot listen on {host}:{port} ({error}). If the port is taken, choose another by --port",
        )
        raise click.ClickException(str(said.format(host=host, port=port, error=error))) from error


def _announce(host: str, port: int) -> None:
    click.echo(f"http://{host}:{port}")
    sys.stdout.flush()
