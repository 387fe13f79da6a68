"""What can go wrong with an outgoing request. Each text is a sentence for people; `__cause__` is for logs.

The sentences do not tell a refused connection from a silent one: people choose addresses, and must not learn from us
which ports of a network are open.
"""


class OutgoingError(Exception):
    """A request that did not bring a usable answer."""


class UnsafeDestination(OutgoingError):
    """This bot does not send requests there; nothing was sent."""


class NotSendable(OutgoingError):
    """A header or the body cannot be put into an HTTP request; nothing was sent."""


class Unreachable(OutgoingError):
    """No connection; nothing was sent."""


class NoAnswer(OutgoingError):
    """No complete answer in time: whether the other side acted upon the request is unknown."""


class TooLarge(OutgoingError):
    """The answer is longer than we take."""


class NotJson(OutgoingError):
    """The answer was to be JSON and is not."""
