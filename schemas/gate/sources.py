"""Where texts come from: a folder, a git reference, the installed package. The gate's only contact with files."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path, PurePosixPath

from schemas.gate.errors import BadSchema, SourceUnreadable
from schemas.gate.folder import Texts, wanted
from schemas.gate.reading import LARGEST

_MOST_FILES = 200_000
_SKIPPED = {".git", ".venv", "node_modules", "__pycache__"}


def folder_texts(folder: Path) -> Texts:
    """The texts under a folder. Raises SourceUnreadable; a single file that cannot be read is a problem in it."""
    if not folder.is_dir():
        raise SourceUnreadable(f"there is no folder {folder}")
    texts = Texts()
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if number > _MOST_FILES:
            raise SourceUnreadable(f"{folder} has more than {_MOST_FILES:,} files: name the schemas' own folder")
        name = path.relative_to(folder).as_posix()
        if not wanted(name) or _SKIPPED & set(PurePosixPath(name).parts) or path.is_dir():
            continue
        try:
            if path.stat().st_size > 4 * LARGEST:
                raise BadSchema("ML062", f"the file has {path.stat().st_size:,} bytes")
            texts.add(name, path.read_text("utf-8-sig"))
        except BadSchema as error:
            texts.problems.append((name, error))
        except UnicodeDecodeError as error:
            texts.problems.append((name, BadSchema("ML064", f"the file is not UTF-8: byte {error.start} is wrong")))
        except OSError as error:
            texts.problems.append((name, BadSchema("ML064", f"the file cannot be read: {error.strerror}")))
    return texts


def git_texts(folder: Path, ref: str) -> Texts:
    """The texts under a folder as they are at a git reference. Raises SourceUnreadable."""
    if not ref or ref.startswith("-"):
        raise SourceUnreadable(f"{ref!r} is not a git reference")
    commit = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", problem=_no_reference(ref)).strip()
    listed = _git(folder, "ls-tree", "-r", "-z", commit, ".")  # names are relative to the folder
    entries = [line.partition("\t") for line in listed.split("\0") if line]
    blobs = [(name, about.split()[2]) for about, _, name in entries if about.split()[1] == "blob" and wanted(name)]
    texts = Texts()
    for name, data in zip((name for name, _ in blobs), _blobs(folder, [blob for _, blob in blobs]), strict=True):
        try:
            texts.add(name, data.decode("utf-8-sig"))
        except UnicodeDecodeError:
            continue  # nothing was written with a schema that nobody could read
    return texts


def is_tracked(folder: Path) -> bool:
    """Whether a git repository has schemas of this folder in its last commit."""
    try:
        return bool(git_texts(folder, "HEAD").schemas)
    except SourceUnreadable:
        return False


def installed_folder() -> Path:
    """The schemas of the MeshLine that is running."""
    return Path(str(files("schemas")))


def _no_reference(ref: str) -> str:
    return (
        f"git has no {ref!r} here. A shallow clone has only its own commit: fetch the branch first "
        "(`git fetch --depth=1 origin main`, and then `--against git:FETCH_HEAD`)"
    )


def _blobs(folder: Path, ids: list[str]) -> list[bytes]:
    if not ids:
        return []
    ran = _run(folder, ["cat-file", "--batch"], "".join(f"{blob}\n" for blob in ids).encode())
    found, at = [], 0
    for _ in ids:
        end = ran.stdout.index(b"\n", at)
        size = int(ran.stdout[at:end].split()[2])
        found.append(ran.stdout[end + 1 : end + 1 + size])
        at = end + size + 2
    return found


def _git(folder: Path, *arguments: str, problem: str = "") -> str:
    ran = _run(folder, list(arguments), b"")
    if ran.returncode:
        said = ran.stderr.decode("utf-8", "replace").strip().splitlines()
        inside = not said or "not a git repository" not in said[0]
        raise SourceUnreadable((problem if inside else "") or f"git in {folder}: {said[0] if said else 'failed'}")
    return ran.stdout.decode("utf-8", "surrogateescape")


def _run(folder: Path, arguments: list[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    argv = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(argv, input=given, capture_output=True, timeout=60, check=False)
    except FileNotFoundError as error:
        raise SourceUnreadable("git is not installed: name a folder to check against") from error
    except subprocess.TimeoutExpired as error:
        raise SourceUnreadable(f"git did not answer in {error.timeout:.0f} s") from error
