from __future__ import annotations

from pathlib import Path

from ops.local import environment
from ops.local.connect import Connect
from ops.local.part import Place
from ops.local.parts import make_parts
from ops.local.paths import Home
from ops.local.record import Record, Secrets
from streams.runtime.settings import load_settings


def _place(folder: Path, **given: str) -> Place:
    home = Home(folder)
    return Place(home, Record(home.record), Secrets(home.secrets), given)


def test_every_command_finds_the_parts_by_it(tmp_path: Path) -> None:
    place = _place(tmp_path)
    environment.write(place, make_parts(place))
    assert place.home.env.stat().st_mode & 0o077 == 0
    values = environment.read(place.home.env)
    settings = load_settings(tmp_path)
    for name in ("bootstrap", "registry_url", "connect_url", "crm_url", "crm_writeback_url", "operations_url"):
        assert values[f"MESHLINE_{name.upper()}"] == getattr(settings, name)
    assert settings.erp_password.get_secret_value() == values["MESHLINE_ERP_PASSWORD"]
    assert settings.door.port == int(values["MESHLINE_DOOR__PORT"])
    assert {source: len(live) for source, live in settings.door.secrets.items()} == {
        "hubspot": 1,
        "stripe": 1,
        "standard": 1,
    }


def test_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    texts = []
    for _ in range(2):
        place = _place(tmp_path)
        environment.write(place, make_parts(place))
        texts.append(place.home.env.read_text())
    assert texts[0] == texts[1]


def test_given_is_what_the_environment_says_and_our_own_file_does_not() -> None:
    environ = {"MESHLINE_BOOTSTRAP": "theirs:9092", "MESHLINE_CRM_URL": "ours", "MESHLINE_ERP_URL": "", "PATH": "/bin"}
    assert environment.given(environ, {"MESHLINE_CRM_URL": "ours"}) == {"MESHLINE_BOOTSTRAP": "theirs:9092"}


def test_a_given_address_is_used_by_the_other_parts_and_not_written_down(tmp_path: Path) -> None:
    place = _place(tmp_path, MESHLINE_BOOTSTRAP="theirs:9092")
    parts = make_parts(place)
    environment.write(place, parts)
    assert "MESHLINE_BOOTSTRAP" not in environment.read(place.home.env)
    connect = next(part for part in parts if isinstance(part, Connect))
    assert connect.worker(tmp_path)["bootstrap.servers"] == "theirs:9092"
