"""T1 to T5: alerts posted over HTTP to the real bot and answered once they are durable."""

import json

from bench.app.place import place
from bench.env import Figures, child, first_line


async def measure(uri: str, *, connections: int, alerts: int, seconds: float, role: str) -> Figures:
    """`role` is web (alerts in only) or serve: it also posts, pages and tells, in the same process."""
    async with place(uri, roles=(role,)) as here:
        arguments = (str(here.port), here.alert_path, str(connections), str(alerts), str(seconds))
        async with child("bench.app.generator", *arguments) as generator:
            found = json.loads(await first_line(generator))
            found.pop("began")
            return Figures(**found)
