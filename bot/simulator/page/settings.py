"""What the page shows beside the chat: its name, the other stand-ins, the people to be, the alerts to fire."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

Hook = Callable[[str], Awaitable[str]]
"""Takes the name of a sample alert, answers with a sentence for the person who pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One alert that can be fired from the page."""

    name: str
    label: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the guided tour. Things on the page are named by their test ids."""

    title: str
    text: str
    """One paragraph; **bold**, `code` and links as in a message."""
    at: Sequence[str] = ()
    """What it points at: the first of these that is to be seen."""
    then: str = ""
    """One more of these on the page, and the next step follows by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSettings:
    title: str = "Mattermost stand-in"
    siblings: Sequence[tuple[str, str]] = ()
    """Label and address of each stand-in, this one included, to switch between surfaces."""
    surface: str = ""
    """The label of this stand-in among the siblings; by default made from version and plugin."""
    people: Sequence[str] = ()
    """Usernames one can be; all people of the server when empty."""
    start_channel: str = "town-square"
    samples: Sequence[Sample] = ()
    fire: Hook | None = None
    resolve: Hook | None = None
    hint: str = ""
    """A line above the messages, until somebody closes it."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """By username: what the line says to them instead."""
    tour: Sequence[Step] = ()
