"""Where the URL of a Spark engine leads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhike.kernel.errors import UsageError

_HOST_AND_PORT = re.compile(r"(?P<host>[^\s:/?#@\[\]]+|\[[0-9a-fA-F:]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Address:
    """What a URL names: the masters of a cluster, or so many cores of this process (0 is all)."""

    hosts: tuple[tuple[str, int], ...] = ()
    cores: int = 0

    @property
    def master(self) -> str:
        """As Spark writes it."""
        if self.hosts:
            named = (f"[{host}]" if ":" in host else host for host, _ in self.hosts)
            return "spark://" + ",".join(
                f"{host}:{port}" for host, (_, port) in zip(named, self.hosts, strict=True)
            )
        return f"local[{self.cores or '*'}]"


def address_of(url: str) -> Address:
    """The address behind ``spark://HOST:PORT``, ``spark://HOST:PORT,HOST:PORT``, ``spark://local`` or ``spark://local:2``.

    Raises
    ------
    UsageError
        ``engine.address``.
    """
    named = url.removeprefix("spark://").rstrip("/").split(",")
    if named == ["local"]:
        return Address()
    found = [_HOST_AND_PORT.fullmatch(each) for each in named]
    hosts = tuple((each["host"].strip("[]"), int(each["port"])) for each in found if each)
    if len(hosts) < len(named) or not all(0 < port < 65536 for _, port in hosts):
        raise UsageError(
            "engine.address",
            zh=f"“{url}”不是 Spark 地址；写成 spark://主机:端口（例如 spark://10.0.0.5:7077），只用本机写 spark://local 或 spark://local:2（2 个核）",
            en=f"“{url}” is no address of Spark; write spark://HOST:PORT (such as spark://10.0.0.5:7077), "
            "or spark://local or spark://local:2 (2 cores) for this machine alone",
        )
    if [host for host, _ in hosts] == ["local"]:
        return Address(cores=hosts[0][1])
    return Address(hosts=hosts)
