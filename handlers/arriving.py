"""One body on its way: as much of it as is kept counts in `Held` for the server whose key was shown."""

from __future__ import annotations

from bot.receiving.held import Held

ENDS = 16 * 1024


class Arriving:
    """Once it is `dropped`, too large, not wanted or with no room for it, its two ends are all that is kept."""

    def __init__(self, held: Held, *, most: int, announced: int) -> None:
        self.announced = announced
        self.heard = 0
        self.dropped = announced > most
        self._most = most
        self._held = held
        self._holder: str | None = None
        self._counted = 0
        self._kept = bytearray()
        self._end = b""

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def body(self) -> bytes:
        return bytes(self._kept)

    def hand_over(self) -> bytes:
        """The body, which is no longer kept here. It counts until it is given back."""
        body = self.body
        self._kept.clear()
        return body

    @property
    def ends(self) -> bytes:
        return bytes(self._kept) + self._end

    @property
    def is_too_large(self) -> bool:
        return max(self.heard, self.announced) > self._most

    @property
    def is_counted(self) -> bool:
        return self._holder is not None

    def count_for(self, server_id: str) -> None:
        """Whose share of the memory it takes from now on. To be called once, when the key is known."""
        self._holder = server_id
        self._count(len(self._kept))

    def take(self, chunk: bytes) -> None:
        self.heard += len(chunk)
        if self.is_too_large and not self.dropped:
            self.drop()
        self._count(len(chunk))
        self._kept += chunk
        if self.dropped:
            self._keep_ends()

    def _count(self, size: int) -> None:
        if self._holder is None or self.dropped:
            return
        if self._held.take(self._holder, size):
            self._counted += size
        else:
            self.drop()

    def drop(self) -> None:
        self.dropped = True
        self._keep_ends()
        self.give_back()

    def _keep_ends(self) -> None:
        self._end = (self._end + self._kept[ENDS:])[-ENDS:]
        del self._kept[ENDS:]

    def give_back(self) -> None:
        """What was counted: the request is over, however it ended. May come more than once."""
        if self._holder is not None and self._counted:
            self._held.give_back(self._holder, self._counted)
            self._counted = 0
