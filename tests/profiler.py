"""What MongoDB did for some operations, by its own profiler."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bot.storage.mongo import Database


@asynccontextmanager
async def examined(database: Database, collection: str = "groups") -> AsyncIterator[list[dict[str, Any]]]:
    """What the server did with this collection for the operations of the block; filled in at its end."""
    found: list[dict[str, Any]] = []
    profile = database._database["system.profile"]
    await database._database.command("profile", 2)
    try:
        yield found
        await database._database.command("profile", 0)
        found += await profile.find({"ns": f"{database.name}.{collection}"}).to_list(length=100)
    finally:
        await database._database.command("profile", 0)
        await profile.drop()
