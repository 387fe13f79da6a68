"""The same promises on a standalone mongod: the smallest MongoDB has no replica set, no transactions, no retries."""

import asyncio
from collections.abc import Iterator

import pytest

from bot.storage.mongo import Database
from bot.storage.mongod import Mongod, find_mongod
from bot.storage.stores import open_stores
from tests.clock import HeldClock
from tests.conftest import TEST_DATABASE
from tests.ports import free_port
from tests.storage.test_directory import *  # noqa: F403
from tests.storage.test_documents import *  # noqa: F403


@pytest.fixture(scope="module")
def prepared_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("standalone")
    arguments = ["--dbpath", str(folder), "--wiredTigerCacheSizeGB", "0.25", "--nounixsocket"]
    mongod = Mongod(find_mongod(), arguments, port=free_port(), log=folder / "log")
    uri = f"mongodb://127.0.0.1:{mongod.port}"

    async def prepare() -> None:
        await mongod.until_listening()
        database = Database(uri, name=TEST_DATABASE)
        await open_stores(database, HeldClock()).prepare()
        database.close()

    asyncio.run(prepare())
    yield uri
    asyncio.run(mongod.stop())


async def test_it_is_standalone_indeed(database: Database):
    answer = await database._client.admin.command("hello")
    assert "setName" not in answer
