"""How a person can be reached and where they live on the clock: the fields that several forms share."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from marshmallow import ValidationError

from forms.base import Kind, Option, Text
from forms.message import Message

NAME_LENGTH = 64
EMAIL_LENGTH = 128
ZONES = {name.casefold(): name for name in available_timezones()}

ROLES = (
    Option(value="viewer", label="Viewer: may look, not act"),
    Option(value="responder", label="Responder: may act on alerts"),
    Option(value="admin", label="Admin: may change everything"),
)

_EMAIL = re.compile(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\".]+")
_PHONE = re.compile(r"\+[0-9]{7,15}")
_FILLING = re.compile(r"[\s()./-]|^00")


class Name(Text):
    """What people call somebody: one line."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"max_length": NAME_LENGTH, **more})

    def read(self, value: Any) -> str:
        return super().read(" ".join(str(value).split()))


class Email(Text):
    kind = Kind.EMAIL

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"max_length": EMAIL_LENGTH, "hint": "ana@example.com", **more})

    def read(self, value: Any) -> str:
        address = super().read(value)
        if not _EMAIL.fullmatch(address):
            raise ValidationError(Message("This is not an e-mail address. Write it like ana@example.com."))
        return address


class Phone(Text):
    """Kept as `+` and digits."""

    kind = Kind.PHONE

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"hint": "+49 151 23456789", **more})

    def read(self, value: Any) -> str:
        number = str(value).strip()
        digits = _FILLING.sub("", number)
        found = f"+{digits}" if number.startswith("00") else digits
        if not _PHONE.fullmatch(found):
            raise ValidationError(Message("Write the number with its country code, like +49 151 23456789."))
        return found


class Zone(Text):
    """A zone of the IANA database, or the last part of its name: `Europe/Berlin`, `berlin`."""

    def __init__(self, label: str, **more: Any) -> None:
        super().__init__(label, **{"hint": "Europe/Berlin", **more})

    def read(self, value: Any) -> str:
        wanted = str(value).strip().replace(" ", "_").casefold()
        if wanted in ZONES:
            return ZONES[wanted]
        cities = [name for key, name in ZONES.items() if key.rpartition("/")[2] == wanted and "/" in key]
        if len(cities) == 1:
            return cities[0]
        raise ValidationError(Message("I do not know this time zone. Write it like Europe/Berlin or America/New_York."))
