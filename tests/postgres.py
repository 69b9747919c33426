"""A private PostgreSQL cluster for one test run: in a temporary folder, reached by a socket, removed at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path


class Cluster:
    """A running PostgreSQL server that only this test run knows."""

    def __init__(self, *, durable: bool = False) -> None:
        self.durable = durable
        self.folder = Path(tempfile.mkdtemp(prefix="ps-pg-"))
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.as_user:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self.user = "postgres" if self.as_user else pwd.getpwuid(os.geteuid()).pw_name

    def start(self) -> str:
        """Start the server and return the address of its default database."""
        data = self.folder / "data"
        sync = [] if self.durable else ["-N"]
        self._run("initdb", "-D", str(data), "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *sync)
        haste = "" if self.durable else "-c fsync=off -c full_page_writes=off"
        options = f"-k {self.folder} -c listen_addresses='' -c max_connections=150 -c shared_buffers=128MB {haste}"
        self._run("pg_ctl", "-D", str(data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")
        return self.url("postgres")

    def url(self, database: str) -> str:
        """Return the address of one of the cluster's databases."""
        return f"postgresql+psycopg://{self.user}@/{database}?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def process(self) -> int:
        """Return the number of the server's first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as a user that PostgreSQL accepts."""
        path = program_path(program)
        subprocess.run([*self.as_user, path, *arguments], check=True, stdout=subprocess.DEVNULL, cwd="/")


def program_path(program: str) -> str:
    """Return the newest installed server program of a name; Debian keeps them outside PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: int(p.parts[4]))
    if not found:
        raise RuntimeError(f"{program} is missing: bin/test installs the package postgresql")
    return str(found[-1])
