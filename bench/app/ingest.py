"""T1 to T5: alerts posted over HTTP to the real bot and answered once they are durable."""

import json

from bench.app.place import place
from bench.env import Figures, child, first_line


async def measure(uri: str, *, connections: int, alerts: int, seconds: float, roles: tuple[str, ...]) -> Figures:
    """`roles` are web (alerts in only) or serve: it also posts, pages and tells. Connections are shared out evenly."""
    async with place(uri, roles=roles) as here:
        ports = ",".join(map(str, here.ports.values()))
        arguments = (ports, here.alert_path, str(connections), str(alerts), str(seconds))
        async with child("bench.app.generator", *arguments) as generator:
            found = json.loads(await first_line(generator))
            found.pop("began")
            return Figures(**found)
