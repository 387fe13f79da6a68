"""A value that must not be seen: it shows as stars wherever it is printed, logged or formatted by mistake."""

import hmac
from typing import NoReturn, Self

STARS = "********"


class Secret:
    """Holds a text; only `reveal` gives it back. Compared in constant time, not orderable, not hashable, not stored."""

    __slots__ = ("_value",)
    _value: str

    def __init__(self, value: str) -> None:
        object.__setattr__(self, "_value", value)

    def reveal(self) -> str:
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash in a dictionary would be compared in variable time

    def __repr__(self) -> str:
        return f"Secret({STARS})"

    def __str__(self) -> str:
        return STARS

    def __format__(self, _specification: str) -> str:
        return STARS

    def __setattr__(self, _name: str, _value: object) -> NoReturn:
        raise AttributeError("A secret does not change.")

    def __delattr__(self, _name: str) -> NoReturn:
        raise AttributeError("A secret does not change.")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memory: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not written down.")
