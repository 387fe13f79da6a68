"""What the demo remembers over a restart: which server each stand-in is, and where its sample alerts go."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bot.core.replacing import replace
from bot.simulator.saving import write_private

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """One stand-in's installation.

    `place` is where everything listened: another PORT makes addresses that were given out useless.
    `alert_url` is shown only once in chat; empty means the set-up is not finished.
    """

    server_id: str
    version: str
    place: str
    alert_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    format: int = FORMAT
    installed: dict[str, Installed] = field(default_factory=dict)


class Memory:
    """The file that holds it. It contains a secret, so only its owner can read it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.unreadable = False
        self._now = self._read()

    def _read(self) -> Remembered:
        try:
            found = msgspec.json.decode(self._file.read_bytes(), type=Remembered)
        except FileNotFoundError:
            return Remembered()
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            self.unreadable = True
            return Remembered()
        self.unreadable = found.format != FORMAT
        return Remembered() if self.unreadable else found

    def installed(self, stand_in: str) -> Installed | None:
        return self._now.installed.get(stand_in)

    def remember(self, stand_in: str, installed: Installed) -> None:
        """Raises OSError."""
        self._now = replace(self._now, installed={**self._now.installed, stand_in: installed})
        write_private(self._file, msgspec.json.encode(self._now))
