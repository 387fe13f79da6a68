"""Heartbeats, each under the id of its integration."""

from __future__ import annotations

from pymongo import ASCENDING, IndexModel

from bot.core.heartbeats import Heartbeat
from bot.storage.documents import Documents


class Heartbeats(Documents[Heartbeat]):
    """`wake_at` is when a report will be missing."""

    collection_name = "heartbeats"
    kind = Heartbeat
    indexes = (IndexModel([("server_id", ASCENDING)]),)
