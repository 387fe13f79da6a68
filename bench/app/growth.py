"""Growth: the same work beside a thousand, a hundred thousand and a million alert groups that are over."""

import copy
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import WriteConcern

from bench.app.place import Place

AT_ONCE = 2_000
KEPT = timedelta(days=365)
OF_LIVE = ("open_key", "wake_at", "lease", "lease_until")


class Archive:
    """Puts resolved groups, and a raw alert for each, into the database: copies of one that the bot stored itself."""

    def __init__(self, here: Place) -> None:
        database = here.client[here.database]
        quickly = WriteConcern(w=1, j=False)
        self._groups = database["groups"].with_options(write_concern=quickly)
        self._alerts = database["alerts"].with_options(write_concern=quickly)
        self._stored = 0

    async def fill(self, count: int) -> None:
        """Until there are so many."""
        group, alert = await self._groups.find_one({"posts": {"$exists": True}}), await self._alerts.find_one({})
        for begin in range(self._stored, count, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, count))
            await self._groups.insert_many(list(_resolved(group, numbers)), ordered=False)
            await self._alerts.insert_many(
                [{**alert, "_id": secrets.token_hex(16), "group": f"old {number}"} for number in numbers], ordered=False
            )
        self._stored = max(self._stored, count)


def _resolved(group: dict[str, Any], numbers: range) -> Iterator[dict[str, Any]]:
    ends = datetime.now(UTC) + KEPT
    without = {name: value for name, value in group.items() if name not in OF_LIVE}
    for number in numbers:
        old = {**without, "_id": f"old{number:012d}", "number": 100_000_000 + number, "outbox": []}
        doc = copy.copy(group["doc"])
        doc.update(id=old["_id"], number=old["number"], key=f"old {number}", status="resolved", due_at=None)
        posts = [f"old{number}card", f"old{number}page"]
        yield {**old, "doc": doc, "status": "resolved", "posts": posts, "expire_at": ends}
