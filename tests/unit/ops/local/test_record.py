from __future__ import annotations

from itertools import count
from pathlib import Path

from ops.local.record import Record, Secrets, Started


def test_ports_outlive_the_process_that_held_them(tmp_path: Path) -> None:
    record = Record(tmp_path / "parts.json")
    port = record.port("kafka")
    record.started("kafka", Started(7, 1.5))
    assert Record(tmp_path / "parts.json").process("kafka") == Started(7, 1.5)
    record.stopped("kafka")
    again = Record(tmp_path / "parts.json")
    assert (again.port("kafka"), again.process("kafka")) == (port, None)


def test_no_two_names_share_a_port_and_a_renewed_one_is_kept(tmp_path: Path) -> None:
    record = Record(tmp_path / "parts.json")
    ports = [record.port(f"part{number}") for number in range(50)]
    assert len(set(ports)) == 50
    renewed = record.renew_port("part0")
    assert renewed not in ports
    assert Record(tmp_path / "parts.json").port("part0") == renewed


def test_a_password_is_made_once_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    numbers = count()
    path = tmp_path / "secrets.json"
    first = Secrets(path, make=lambda: f"p{next(numbers)}")
    assert (first["a"], first["b"], first["a"]) == ("p0", "p1", "p0")
    assert Secrets(path, make=lambda: "other")["b"] == "p1"
    assert path.stat().st_mode & 0o077 == 0
