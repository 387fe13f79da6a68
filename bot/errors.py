"""The few errors, each with what a person needs to know."""

from __future__ import annotations

from bot.core.text import Text, say


class BotError(Exception):
    """Anything the bot raises on purpose."""


class UserError(BotError):
    """Shown as it is: says what happened and what the person can do about it."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.english)
        self.text = text


class NotFound(UserError):
    """What was named is not there."""


class Denied(UserError):
    """This person may not do this."""


class Busy(UserError):
    """Too many people changed the same thing at the same instant."""

    def __init__(self) -> None:
        super().__init__(say("Several people changed this at the same moment. Please try again."))


class Upstream(BotError):
    """Mattermost refused or failed. `permanent` means trying again is of no use; `retry_after` is in seconds.

    `reason` is for logs and operators; `said` is for people: our own sentence, or what Mattermost said.
    """

    def __init__(
        self, reason: Text | str, *, permanent: bool, status: int = 0, code: str = "", retry_after: float = 0
    ) -> None:
        self.said = reason
        self.reason = reason if isinstance(reason, str) else reason.english.format_map(reason.values)
        super().__init__(self.reason)
        self.permanent = permanent
        self.status = status
        self.code = code
        self.retry_after = retry_after


class LeaseLost(BotError):
    """Another worker took the document over; nothing was written."""


class Unavailable(BotError):
    """The database cannot be reached or the process is overloaded; the sender should try again."""


class OverBudget(Unavailable):
    """This sender, or all `of_server`, send more than their share; in so many seconds there is room again."""

    def __init__(self, retry_after: float, *, of_server: bool = False) -> None:
        super().__init__(f"Over budget for {retry_after:.1f} s")
        self.retry_after = retry_after
        self.of_server = of_server
