"""The demo as a program of its own: started, talked to as its page does, stopped."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

START_SECONDS = 60
STOP_SECONDS = 30


class Demo:
    """One run of the program."""

    def __init__(self, folder: Path, port: int, *arguments: str) -> None:
        environ = {name: value for name, value in os.environ.items() if name not in ("MONGODB_URI", "LOG_LEVEL")}
        self.folder = folder
        self.port = port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "demo", *arguments],
            env=environ | {"DATA_DIR": str(folder), "PORT": str(port)},
            cwd=Path(__file__).parent.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.said = ""

    def until(self, words: str) -> None:
        """Read what it says until these words come."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + START_SECONDS
        while words not in self.said:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            part = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            assert part, f"no {words!r} but: {self.said}"
            self.said += part.decode()

    def ready(self) -> "Demo":
        self.until("Ctrl-C ends it")
        return self

    def stop(self, how: int = signal.SIGINT) -> int:
        self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=STOP_SECONDS)
        self.said += rest.decode()
        return self.process.returncode

    def does(self, stand_in: int, **intent: str) -> dict[str, object]:
        """What a person does on the page; `stand_in` is 1 with Apps, 2 without."""
        url = f"http://127.0.0.1:{self.port + stand_in}/sim/intent"
        answer = requests.post(url, json={"person": "ana", **intent}, timeout=START_SECONDS)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def posts(self, stand_in: int) -> list[str]:
        """What the bot has written into the stand-in, according to its file."""
        file = self.folder / f"stand-in-{'apps' if stand_in == 1 else 'native'}.json"
        return [post["message"] for post in json.loads(file.read_bytes())["posts"]]

    def until_saved(self, stand_in: int, words: str) -> None:
        """The stand-in's file is written every second or so."""
        deadline = time.monotonic() + START_SECONDS
        while not any(words in post for post in self.posts(stand_in)):
            assert time.monotonic() < deadline, self.posts(stand_in)
            select.select([], [], [], 0.05)
