"""A real standalone cluster of Spark on this machine: one master, two workers, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pyspark

SPARK_HOME = Path(pyspark.__file__).parent
_PATIENCE_SECONDS = 90


class Cluster:
    """Servers below one folder; `url` is what `--engine` takes."""

    def __init__(self, folder: Path, *, workers: int) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"spark://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        options = ["--host", "127.0.0.1", "--port", str(self.port), "--webui-port", "0"]
        self._master = self._server("master", "org.apache.spark.deploy.master.Master", *options)
        self._await("master", "I have been elected leader", 1)
        for _ in range(workers):
            self.start_worker()

    def start_worker(self) -> None:
        self._started += 1
        options = ["--host", "127.0.0.1", "--webui-port", "0", "--cores", "1", "--memory", "1g"]
        options += ["--work-dir", str(self.folder / f"work-{self._started}"), self.url]
        name = f"worker-{self._started}"
        self.workers.append(self._server(name, "org.apache.spark.deploy.worker.Worker", *options))
        self._await("master", "Registering worker", self._started)

    def kill_worker(self) -> None:
        """End one worker as a power cut would; its executor goes with it."""
        worker = self.workers.pop()
        worker.kill()
        worker.wait()

    def stop(self) -> None:
        for server in (*self.workers, self._master):
            server.terminate()
        for server in (*self.workers, self._master):
            server.wait(timeout=60)

    def _server(self, name: str, java_class: str, *options: str) -> subprocess.Popen[bytes]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment |= {"SPARK_HOME": str(SPARK_HOME), "SPARK_LOCAL_IP": "127.0.0.1", "LC_ALL": "C.UTF-8"}
        environment |= {"SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_DIRS": str(self.folder / "local")}
        with (self.folder / f"{name}.log").open("wb") as log:
            command = [str(SPARK_HOME / "bin" / "spark-class"), java_class, *options]
            return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def _await(self, server: str, said: str, times: int) -> None:
        log = self.folder / f"{server}.log"
        until = time.monotonic() + _PATIENCE_SECONDS
        while log.read_text(errors="replace").count(said) < times:
            assert time.monotonic() < until, log.read_text(errors="replace")[-3000:]
            time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
