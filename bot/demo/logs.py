"""Where the demo's log lines go: a file, so that the terminal shows the address to open; problems in both places."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TextIO, cast

from bot.config import Config
from bot.log import configure_logging

FILE = "demo.log"
MOST_BYTES = 10_000_000
PROBLEMS = ("error", "critical")


class Split(io.TextIOBase):
    """Every line into the file, those that tell of problems on the terminal, too."""

    def __init__(self, file: TextIO, terminal: TextIO) -> None:
        self._file = file
        self._terminal = terminal

    def write(self, line: str) -> int:
        if any(f"level={level} " in line or f'"level":"{level}"' in line for level in PROBLEMS):
            self._terminal.write(line)
        return self._file.write(line)


def open_log(config: Config) -> Path | None:
    """Send the log to DATA_DIR/demo.log and say where that is; None if it goes to the terminal. Raises OSError."""
    if config.log_level == "DEBUG":
        configure_logging(config)
        return None
    file = config.data_dir / FILE
    config.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > MOST_BYTES:
        file.replace(file.with_suffix(".log.1"))
    split = Split(file.open("a", buffering=1, encoding="utf-8"), sys.stderr)
    configure_logging(config, stream=cast(TextIO, split))
    return file
