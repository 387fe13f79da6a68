"""The argument grammar of Apps commands: flags, positions, quotes, ticks, lists and "the rest of the line"."""

from typing import Any

Json = dict[str, Any]
SPACE = " \t"
UNPARSEABLE = {"markdown"}


class ArgumentError(Exception):
    """The arguments cannot be read; the message is the client's."""


def is_parseable(field: Json) -> bool:
    """Read-only and markdown fields cannot be given on the command line."""
    return not field.get("readonly") and field["type"] not in UNPARSEABLE


def label_of(field: Json) -> str:
    """The flag name of a field: its label, else its name with dashes."""
    return str(field.get("label") or field["name"].replace("_", "-"))


class Arguments:
    """One pass over the text behind the sub-command, left to right."""

    def __init__(self, text: str, fields: list[Json]) -> None:
        self.text = text
        self.fields = fields
        self.at = 0
        self.position = 0
        self.values: Json = {}

    def read(self) -> Json:
        """All values by field name: text, True/False for bool, lists for `[a, b]`."""
        while self._skip_space():
            if self.text[self.at] in "-—":
                self._flag()
            else:
                self._positional()
        return self.values

    def _skip_space(self) -> bool:
        while self.at < len(self.text) and self.text[self.at] in SPACE:
            self.at += 1
        return self.at < len(self.text)

    def _flag(self) -> None:
        self.at += 2 if self.text.startswith("--", self.at) else 1
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in SPACE + "=":
            self.at += 1
        name = self.text[start : self.at]
        field = next((f for f in self.fields if label_of(f).lower() == name.lower()), None)
        if field is None:
            raise ArgumentError(f"Command does not accept flag `{name}`.")
        self._separator()
        self._value(field)

    def _separator(self) -> None:
        equals = 0
        while self.at < len(self.text) and self.text[self.at] in SPACE + "=":
            equals += self.text[self.at] == "="
            if equals > 1:
                raise ArgumentError("Multiple `=` signs are not allowed.")
            self.at += 1

    def _positional(self) -> None:
        self.position += 1
        field = next((f for f in self.fields if f.get("position") == self.position), None)
        if field is not None:
            self._value(field)
            return
        rest = next((f for f in self.fields if f.get("position") == -1 and f["type"] == "text"), None)
        if rest is None or self.values.get(rest["name"]):
            raise ArgumentError("Unable to identify argument.")
        self.values[rest["name"]] = self.text[self.at :]
        self.at = len(self.text)

    def _value(self, field: Json) -> None:
        start = self.at
        if field.get("multiselect") and self.text.startswith("[", self.at):
            self.values[field["name"]] = self._list()
            return
        value = self._word(SPACE)
        if field["type"] != "bool":
            self.values[field["name"]] = [value] if field.get("multiselect") else value
        elif value in ("true", "false"):
            self.values[field["name"]] = value == "true"
        else:
            self.values[field["name"]] = True
            self.at = start  # the token behind a bare bool flag belongs to the next argument

    def _word(self, ends: str) -> str:
        quote = self.text[self.at : self.at + 1]
        if quote == '"':
            return self._quoted('"', drop="\\", name="double")
        if quote == "`":
            return self._quoted("`", drop="", name="tick")
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in ends:
            self.at += 1
        return self.text[start : self.at]

    def _quoted(self, quote: str, *, drop: str, name: str) -> str:
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise ArgumentError(f"Matching {name} quote expected before end of input.")
        if end == self.at + 1:
            raise ArgumentError("Empty values are not allowed.")
        word = self.text[self.at + 1 : end]
        self.at = end + 1
        return word.replace(drop, "") if drop else word

    def _list(self) -> list[str]:
        self.at += 1
        items: list[str] = []
        while True:
            if not self._skip_space():
                raise ArgumentError("Unexpected end of input in a list: `]` expected.")
            if self.text[self.at] == "]":
                self.at += 1
                return items
            item = self._word(SPACE + ",]")
            if not item:
                raise ArgumentError("Unexpected comma.")
            if item in items:
                raise ArgumentError(f"Option repeated: `{item}`.")
            items.append(item)
            self._comma()

    def _comma(self) -> None:
        if self._skip_space() and self.text[self.at] == ",":
            self.at += 1
