"""The front door: that the bot runs, and where to go; and what stands where nothing else does."""

from __future__ import annotations

from handlers.base import Endpoint
from handlers.setup_page import Page


class Front(Page):
    """`GET /`: for whoever opens the address in a browser."""

    route = "front"

    def get(self) -> None:
        self.render("front.html")


class Nothing(Endpoint):
    """Every address that is not ours, whatever is done to it."""

    route = "nothing"

    def prepare(self) -> None:
        self.answer({"error": "There is nothing at this address."}, status=404)
