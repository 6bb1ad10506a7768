"""Sessions of Spark: what must be there for one, and what is said when it is not."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zhike
from zhike.kernel.errors import ZhikeError
from zhike.lake.engines.spark_addresses import Address

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 3.0
# A worker has to start a JVM before it counts.
_WORKER_SECONDS = 45.0
_LOST_SECONDS = 60.0

# The results depend on these, so no other configuration may change them.
_FIXED = {
    "spark.sql.session.timeZone": "UTC",
    # What overflows or cannot be cast stops the refresh instead of becoming another number.
    "spark.sql.ansi.enabled": "true",
    # Delta knows no INT96, which is what Spark writes by default.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.datetimeRebaseModeInWrite": "CORRECTED",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    # The shell of Spark, as which it takes us, would draw it into our own output.
    "spark.ui.showConsoleProgress": "false",
}
# `spark-defaults.conf` and the environment of Spark go before these.
_USUAL = {
    "spark.app.name": "zhike",
    "spark.ui.enabled": "false",
    # Files of some 64 MB instead of one a core: they are read far more often than written.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
}


class Session:
    """One session and what watches over it; only one of a process at a time.

    A scratch folder is made anew. It must be seen under the same path by every machine of the cluster.

    Raises
    ------
    ZhikeError
        ``engine.unreachable`` within seconds, ``engine.no_workers``, ``engine.not_installed``, ``engine.no_java``.
    """

    def __init__(self, address: Address, scratch: Path) -> None:
        _require_pyspark()
        own_host = _own_host(address)
        self._log = scratch.parent / "spark.log"
        _start_java(self._log)
        self.scratch = scratch
        self._address = address
        self._is_lost = False
        self._closing = threading.Event()
        self._on_interrupt = signal.getsignal(signal.SIGINT)
        with self.telling(), _unchanged_path():
            self.context = _context(address, own_host, scratch)
        try:
            self._take_up_work()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._closing.set()
        try:
            self.context.stop()
        except Exception as error:  # Java is gone already: what made it go was told before.
            log.warning("Spark did not stop in order: %s", error)
        # Spark takes Ctrl-C for itself and keeps it.
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._on_interrupt)

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Whatever Spark raises, as a sentence."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            yield
        # A Java that died refuses to be spoken to.
        except (PySparkException, Py4JError, ConnectionError) as error:
            raise self._told(error) from error

    def _take_up_work(self) -> None:
        from pyspark.sql import SparkSession

        with self.telling():
            self.spark = SparkSession(self.context)
            with _unchanged_path():
                self.context.addPyFile(str(_own_code(self.scratch)))
            if self._address.hosts:
                self._await_workers()
                threading.Thread(target=self._watch, name="spark-watch", daemon=True).start()

    def _await_workers(self) -> None:
        until = time.monotonic() + _WORKER_SECONDS
        while not self._executors():
            if time.monotonic() > until:
                raise ZhikeError(
                    "engine.no_workers",
                    zh=f"Spark 集群 {self._address.master} 没有可用的 worker（{_WORKER_SECONDS:.0f} 秒内无一响应）。请确认 worker 已启动且有空闲的核和内存，或改用 --engine duckdb",
                    en=f"no worker of the Spark cluster {self._address.master} took up work within {_WORKER_SECONDS:.0f} seconds. "
                    "See that workers run and have cores and memory to spare, or use --engine duckdb",
                )
            time.sleep(0.2)

    def _executors(self) -> int:
        # The driver is one of the list.
        return len(self.context._jsc.sc().statusTracker().getExecutorInfos()) - 1

    def _watch(self) -> None:
        """Stop work that nobody is left to do: Spark itself would wait for ever."""
        alone_since: float | None = None
        while not self._closing.wait(2):
            try:
                alone = not self._executors()
            except Exception:  # The connection went away under us: there is nothing left to watch.
                return
            alone_since = (alone_since or time.monotonic()) if alone else None
            if alone_since is not None and time.monotonic() - alone_since > _LOST_SECONDS:
                self._is_lost = True
                self.context.cancelAllJobs()

    def _told(self, error: Exception) -> ZhikeError:
        master, log = self._address.master, self._log
        if self._is_lost:
            return ZhikeError(
                "engine.lost",
                zh=f"Spark 集群 {master} 的 worker 全部失联，计算中止。现有快照仍然有效；worker 恢复后请重新运行",
                en=f"all workers of the Spark cluster {master} are gone, so the work was stopped. "
                "The present snapshot stays in force; run it again when they are back",
            )
        reason = _first_line(error)
        return ZhikeError(
            "engine.failed",
            zh=f"Spark（{master}）计算失败：{reason}。现有快照仍然有效；详情见 {log}",
            en=f"Spark ({master}) failed: {reason}. The present snapshot stays in force; more is in {log}",
        )


def _context(address: Address, own_host: str, scratch: Path) -> Any:
    from pyspark import SparkConf, SparkContext

    conf = SparkConf().setMaster(address.master)
    for name, value in _FIXED.items():
        conf.set(name, value)
    usual = {**_USUAL, "spark.driver.host": own_host, "spark.sql.warehouse.dir": str(scratch / "warehouse")}
    if not address.hosts:
        usual |= {"spark.local.dir": str(scratch / "local"), "spark.driver.bindAddress": own_host}
    for name, value in usual.items():
        conf.setIfMissing(name, value)
    context = SparkContext(conf=conf)
    context.pythonExec = os.environ.get("PYSPARK_PYTHON") or conf.get("spark.pyspark.python", sys.executable)
    return context


def _require_pyspark() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise ZhikeError(
            "engine.not_installed",
            zh="没有安装 Spark。运行 pip install 'zhike[spark]' 安装，或改用 --engine duckdb",
            en="Spark is not installed. Install it by pip install 'zhike[spark]', or use --engine duckdb",
        ) from error


def _own_host(address: Address) -> str:
    """The address under which the cluster sees this machine."""
    reasons = []
    for host, port in address.hosts:
        try:
            with socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as connected:
                return str(connected.getsockname()[0])
        except OSError as error:
            reasons.append(f"{host}:{port}: {error}")
    if not address.hosts:
        return "127.0.0.1"
    raise ZhikeError(
        "engine.unreachable",
        zh=f"连不上 Spark 集群 {address.master}（{'；'.join(reasons)}）。请检查地址和 master 是否在运行，或改用 --engine duckdb；现有快照仍然有效",
        en=f"the Spark cluster {address.master} cannot be reached ({'; '.join(reasons)}). Check the address and that the "
        "master runs, or use --engine duckdb; the present snapshot stays in force",
    )


def _start_java(said: Path) -> None:
    """The JVM of this process; it stays until the process ends, whatever sessions come and go.

    What it says goes into `said` of the first session.
    """
    from pyspark import SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    _forget_dead_java()
    if SparkContext._gateway is not None:
        return
    # Java reads and writes names of files in the language of its environment.
    os.environ.setdefault("LC_ALL", "C.UTF-8")
    try:
        with said.open("ab") as out:
            gateway = launch_gateway(popen_kwargs={"stdout": out, "stderr": out})
    except (PySparkRuntimeError, OSError) as error:
        raise ZhikeError(
            "engine.no_java",
            zh=f"无法启动 Java，Spark 需要 Java 17 或更高版本。请安装（例如 apt install openjdk-17-jre-headless）或设置 JAVA_HOME；详情见 {said}",
            en="Java cannot be started; Spark needs Java 17 or newer. Install it (such as apt install openjdk-17-jre-headless) "
            f"or set JAVA_HOME; more is in {said}",
        ) from error
    SparkContext._ensure_initialized(gateway=gateway)


def _forget_dead_java() -> None:
    """Or PySpark would go on talking to it until this process ends."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    if gateway is not None and gateway.proc is not None and gateway.proc.poll() is not None:
        SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None


def _own_code(scratch: Path) -> Path:
    """Our Python files for the cluster, so that its machines run this version and no other."""
    root, file = Path(zhike.__file__).parent, scratch / "zhike.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for source in sorted(root.rglob("*.py")):
            if "node_modules" not in source.parts:
                out.write(source, source.relative_to(root.parent))
    return file


@contextmanager
def _unchanged_path() -> Iterator[None]:
    """Spark puts what it ships to the cluster on the import path of this process too."""
    before = list(sys.path)
    try:
        yield
    finally:
        sys.path[:] = before


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
