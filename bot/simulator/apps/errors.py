"""Errors of the Apps plugin: their text reaches people, their kind decides the HTTP status (Apps plugin v1.2.2)."""

FORBIDDEN = "forbidden"
UNAUTHORIZED = "unauthorized"
NOT_FOUND = "not found"
INVALID = "invalid input"

_STATUSES = {FORBIDDEN: 403, UNAUTHORIZED: 401, NOT_FOUND: 404, INVALID: 400}


class PluginError(Exception):
    """A refusal. `kind` is one of the four words above, or empty for "anything else" (HTTP 500)."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind

    @property
    def status(self) -> int:
        return _STATUSES.get(self.kind, 500)

    def within(self, context: str) -> "PluginError":
        """The same error told with what was being done, as Go programs wrap theirs."""
        return PluginError(f"{context}: {self.text}", self.kind)


class Panic(PluginError):
    """The handler broke: HTTP 500 where other failures become a response of type error."""


def _of_kind(text: str, kind: str) -> PluginError:
    return PluginError(f"{text}: {kind}", kind)


def forbidden(text: str) -> PluginError:
    return _of_kind(text, FORBIDDEN)


def unauthorized(text: str) -> PluginError:
    return _of_kind(text, UNAUTHORIZED)


def not_found(text: str) -> PluginError:
    return _of_kind(text, NOT_FOUND)


def invalid(text: str) -> PluginError:
    return _of_kind(text, INVALID)


def combined(problems: list[str]) -> str:
    """Several problems as one text, in the shape the plugin prints its collected errors."""
    heading = "1 error occurred:" if len(problems) == 1 else f"{len(problems)} errors occurred:"
    return "\n".join([heading, *(f"\t* {problem}" for problem in problems)]) + "\n\n"
