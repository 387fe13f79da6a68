"""Secrets that we make for ourselves where the operator gave none: files in DATA_DIR that only our user can read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bot.secret import Secret

ADMIN_TOKEN_FILE = "admin-token"
KEYS_FILE = "encryption-keys"

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


class CannotKeep(Exception):
    """A secret can be neither read nor written; the text says why and what to do."""


def kept(file: Path, make: Callable[[], str]) -> Secret:
    """What the file says; where there is none, what `make` gives, written there first.

    Two processes that start at the same moment get the same secret. Raises CannotKeep.
    """
    try:
        if not file.exists():
            _write_once(file, make())
        file.chmod(PRIVATE_FILE)
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise CannotKeep(f"{file} cannot be used ({_reason(problem)})") from problem
    if not text:
        raise CannotKeep(f"{file} is empty")
    return Secret(text)


def read_kept(file: Path) -> Secret | None:
    """What another process of ours wrote there, if anything. Raises CannotKeep."""
    try:
        text = file.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as problem:
        raise CannotKeep(f"{file} cannot be read ({_reason(problem)})") from problem
    return Secret(text) if text else None


def _write_once(file: Path, text: str) -> None:
    """The whole file or none: written under another name, on disk, then linked to its own. The first one wins."""
    file.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent)  # mkstemp's mode is 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        file.hardlink_to(temporary)
    except FileExistsError:
        return
    finally:
        temporary.unlink()


def _reason(problem: OSError | UnicodeDecodeError) -> str:
    return problem.strerror or "unknown reason" if isinstance(problem, OSError) else "it is no text"
