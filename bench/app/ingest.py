"""T1 to T5: alerts posted over HTTP and answered once they are durable."""

import json

from bench.app.process import PATH
from bench.env import Figures, child, first_line
from bench.ports import free_port


async def measure(uri: str, *, connections: int, alerts: int, seconds: float, role: str) -> Figures:
    """`role` is web (alerts in only) or serve (the worker carries out what they bring about, in the same process)."""
    port = free_port()
    async with child("bench.app.process", uri, str(port), role) as bot:
        await first_line(bot)
        arguments = (str(port), PATH, str(connections), str(alerts), str(seconds))
        async with child("bench.app.generator", *arguments) as generator:
            return Figures(**json.loads(await first_line(generator)))
