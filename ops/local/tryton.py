"""Tryton, the ERP of the demo and the tests. It stands for any ERP.

It is GPL: it lives in an environment of its own, in processes of its own, and is spoken to over JSON-RPC only.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from ops.local import versions
from ops.local.cached import cached
from ops.local.errors import LocalPartsError, NotReady
from ops.local.http import ask
from ops.local.part import Place
from ops.local.postgres import PostgreSQL
from ops.local.process import Command
from ops.local.record import write_private

_FOLDER = Path(__file__).with_name("erp")
MODULES = (
    *("party", "country", "currency", "company", "product", "account", "account_invoice"),
    *("sale", "product_price_list", "sale_price_list", "account_invoice_defer", "sale_subscription"),
)
USER = "meshline"
#: Made by boot.py and replaced before the ERP first starts: no password is the same in two data folders.
_PLACEHOLDER = "replaced-before-first-start"
_HASH = "import sys; from trytond.res.user import PASSWORD_HASH as h; print(h.hash(sys.stdin.read()))"
#: For filling a database that is thrown away when it is not filled whole.
_FAST = {"PGOPTIONS": "-c synchronous_commit=off"}


class Tryton:
    name = "tryton"
    title = f"Tryton {versions.TRYTON}"
    needs = ("postgres",)
    ports = ("tryton",)
    given_by = ("MESHLINE_ERP_URL",)
    patience = 60.0
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, postgres: PostgreSQL) -> None:
        self._place, self._postgres = place, postgres
        self._config = place.home.config(self.name)
        self.logs = (place.home.log(self.name),)

    @property
    def url(self) -> str:
        return self._place.given.get("MESHLINE_ERP_URL", f"http://127.0.0.1:{self._place.port('tryton')}")

    def endpoints(self) -> dict[str, str]:
        return {
            "MESHLINE_ERP_URL": self.url,
            "MESHLINE_ERP_DATABASE": "erp",
            "MESHLINE_ERP_USER": USER,
            "MESHLINE_ERP_PASSWORD": self._place.secrets["tryton"],
        }

    def prepare(self) -> None:
        self._bin = cached(f"erp-{_key(_lock())}", _make_environment) / "bin"

    def prime(self) -> None:
        """The database: from the cache when these versions were set up before, else set up now and kept there."""
        self._configure("erp", self._place.port("tryton"))
        with self._postgres.connect() as connection:
            if connection.execute("select 1 from pg_database where datname = 'erp'").fetchone():
                if self.outdated():
                    self._bring_up_to_date()
                return
            new = sql.Identifier("erp_new")  # renamed when it is whole, so a half-made one is never taken for it
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(new))
            connection.execute(sql.SQL("create database {} owner erp template template0").format(new))
            template = cached(f"erp-database-{_template_key()}", self._set_up) / "erp.dump"
            if not self._has_tables("erp_new"):
                self._restore(template)
            self._set_password()
            connection.execute("revoke all on database erp_new from public")
            connection.execute("alter database erp_new rename to erp")

    def outdated(self) -> bool:
        """Whether the database was made by an older version, with fewer modules; so is what serves it then.

        The last thing that `additions.py` adds tells that it came to its end.
        """
        if self._missing():
            return True
        with psycopg.connect(self._postgres.url("erp", "erp")) as connection:
            last = "select 1 from sale_configuration_sequence where subscription_sequence is not null limit 1"
            return connection.execute(last).fetchone() is None

    def _missing(self) -> list[str]:
        with psycopg.connect(self._postgres.url("erp", "erp")) as connection:
            rows = connection.execute("select name from ir_module where state = 'activated'").fetchall()
        return [module for module in MODULES if (module,) not in rows]

    def _bring_up_to_date(self) -> None:
        """About a minute: the modules that are missing, and what the company has had since. Its books stay."""
        configuration = str(self._configure("erp", self._place.port("tryton")))
        if missing := self._missing():
            self._update("erp", configuration, missing, {})
        self._run([str(self._bin / "python"), str(_FOLDER / "additions.py"), configuration, "erp"])

    def _update(self, database: str, configuration: str, modules: Sequence[str], env: Mapping[str, str]) -> None:
        admin = ["-c", configuration, "-d", database, "--email", "admin@example.com", "--activate-dependencies"]
        admin += ["-u", *modules]
        self._run([str(self._bin / "python"), str(self._bin / "trytond-admin"), *admin], **env)

    def _set_up(self, folder: Path) -> None:
        """About a minute: activate the modules, make a company, keep a copy."""
        configuration = self._configure("erp_new", 0)
        password = self._config / "placeholder"
        write_private(password, _PLACEHOLDER)
        self._update("erp_new", str(configuration), MODULES, {"TRYTONPASSFILE": str(password)})
        boot = [str(_FOLDER / "boot.py"), str(configuration), "erp_new", str(password)]
        self._run([str(self._bin / "python"), *boot])
        self._client("pg_dump", "-Fc", "-Z1", "--no-owner", "--no-privileges", "-f", str(folder / "erp.dump"))

    def _restore(self, template: Path) -> None:
        self._client("pg_restore", "--no-owner", "--no-privileges", "-j2", "--exit-on-error", str(template))

    def _client(self, program: str, *arguments: str) -> None:
        argv = [str(self._postgres.binaries / program), "-d", self._postgres.url("erp", "erp_new"), *arguments]
        self._run(argv)

    def _run(self, argv: Sequence[str], **env: str) -> None:
        with self.logs[0].open("a") as log:
            done = subprocess.run(argv, stdout=log, stderr=log, env={**os.environ, **_FAST, **env}, check=False)
        if done.returncode:
            raise LocalPartsError(f"{Path(argv[0]).name} {Path(argv[1]).name} failed with {done.returncode}")

    def _has_tables(self, database: str) -> bool:
        with psycopg.connect(self._postgres.url("erp", database)) as connection:
            return connection.execute("select to_regclass('res_user')").fetchone() != (None,)

    def _set_password(self) -> None:
        """Ours for the integration user; the administrator gets none, so nobody can log in as it."""
        hashed = subprocess.run(
            [str(self._bin / "python"), "-c", _HASH],
            input=self._place.secrets["tryton"],
            capture_output=True,
            text=True,
            check=False,
        )
        if hashed.returncode:
            raise LocalPartsError(f"cannot set the password: {hashed.stderr.strip()[-300:]}")
        with psycopg.connect(self._postgres.url("erp", "erp_new")) as connection:
            connection.execute("update res_user set password_hash = null where login = 'admin'")
            values = (hashed.stdout.strip(), USER)
            connection.execute("update res_user set password_hash = %s where login = %s", values)

    def _configure(self, database: str, port: int) -> Path:
        path = self._config / f"{database}.conf"
        uri = self._postgres.url("erp", "").replace("%", "%%")
        sections = f"[database]\nuri = {uri}\npath = {self._place.data(self.name)}\n"
        write_private(path, f"{sections}[web]\nlisten = 127.0.0.1:{port}\n[session]\ntimeout = 3600\n")
        return path

    def command(self) -> Command:
        """How it serves is in `erp/serving.py`."""
        argv = [str(self._bin / "python"), "-m", "gunicorn", "--config", str(_FOLDER / "serving.py")]
        argv += ["--bind", f"127.0.0.1:{self._place.port('tryton')}", "trytond.application:app"]
        env = {"TRYTOND_CONFIG": str(self._config / "erp.conf"), "TRYTOND_DATABASE_NAMES": "erp"}
        self._place.data(self.name).mkdir(parents=True, exist_ok=True)
        return Command(argv, self._place.home.folder, env, address_space_mb=2048)

    def probe(self) -> None:
        self._call("/rpc/", "common.server.version", [])

    def forget(self) -> None:
        """It keeps everything in the data folder."""

    def examine(self) -> None:
        """Its database serves too: the integration user can log in."""
        password = self._place.secrets["tryton"]
        self._call("/erp/rpc/", "common.db.login", [USER, {"password": password}, None])

    def settle(self) -> None:
        self.examine()

    def _call(self, path: str, method: str, params: list[object]) -> None:
        body = {"id": 0, "method": method, "params": params}
        answer = ask("POST", f"{self.url}{path}", json=body, timeout=10).json()
        if not isinstance(answer, dict) or answer.get("error") or not answer.get("result"):
            raise NotReady(f"{method}: {str(answer)[:200]}")


def _lock() -> bytes:
    return (_FOLDER / "requirements.lock").read_bytes()


def _key(*contents: bytes) -> str:
    python = f"{sys.version_info.major}.{sys.version_info.minor}".encode()
    return hashlib.sha256(b"\0".join((python, *contents))).hexdigest()[:12]


def _template_key() -> str:
    """The year counts: the fiscal years that are set up depend on it."""
    made_by = (_FOLDER / "boot.py").read_bytes() + (_FOLDER / "additions.py").read_bytes()
    modules = " ".join(MODULES).encode()
    return _key(_lock(), made_by, modules, str(dt.date.today().year).encode(), versions.POSTGRESQL.encode())  # noqa: DTZ011


def _make_environment(folder: Path) -> None:
    """A virtual environment with exactly the locked wheels; `uv` makes it where there is one."""
    lock, python = str(_FOLDER / "requirements.lock"), str(folder / "bin" / "python")
    if uv := shutil.which("uv"):
        steps = [[uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(folder)]]
        steps += [[uv, "pip", "install", "-q", "--python", python, "--require-hashes", "--no-deps", "-r", lock]]
    elif find_spec("ensurepip"):
        install = ["install", "-q", "--disable-pip-version-check", "--require-hashes", "--no-deps", "-r", lock]
        steps = [[sys.executable, "-m", "venv", str(folder)], [python, "-m", "pip", *install]]
    else:
        raise LocalPartsError("this Python cannot make virtual environments: install its `venv` package, or uv")
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            raise LocalPartsError(f"the ERP's environment: {(done.stderr or done.stdout).strip()[-600:]}")
