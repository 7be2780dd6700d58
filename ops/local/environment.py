"""The `env` file of a data folder: addresses and secrets, dotenv format, for every MeshLine command."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops.local.part import Part, Place
from ops.local.record import write_private


def read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")
    return {key: value.strip("'") for key, value in pairs}


def given(environ: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Addresses that the environment gives and that are not our own file, exported by a shell."""
    return {
        key: value for key, value in environ.items() if key.startswith("MESHLINE_") and value and own.get(key) != value
    }


def write(place: Place, parts: Sequence[Part]) -> None:
    """Write it whole. Given addresses are left out: they are in the environment, which comes first."""
    values: dict[str, str] = {}
    for part in parts:
        values.update({key: value for key, value in part.endpoints().items() if key not in place.given})
    values["MESHLINE_DOOR__PORT"] = str(place.port("door"))
    values["MESHLINE_DOOR__SECRETS"] = json.dumps(door_secrets(place), separators=(",", ":"))
    lines = "".join(f"{key}='{value}'\n" for key, value in values.items())
    write_private(place.home.env, f"# Written by `meshline up`. It holds passwords.\n{lines}")


def door_secrets(place: Place) -> dict[str, list[str]]:
    """One live secret per webhook source. Standard Webhooks wants base64 behind `whsec_`."""
    standard = base64.b64encode(place.secrets["door-standard"].encode()).decode()
    return {
        "hubspot": [place.secrets["door-hubspot"]],
        "stripe": [f"whsec_{place.secrets['door-stripe']}"],
        "standard": [f"whsec_{standard}"],
    }
