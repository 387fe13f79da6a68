"""The operator's API for people: a list of them comes in, row by row it is said what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from bot.core.servers import Server, State
from bot.core.text import Text
from bot.errors import Upstream, UserError
from bot.importing_people import ImportPeople
from bot.linking import Linking
from bot.words import Reader, words
from forms.imported_person import read_person
from handlers.setup import OperatorEndpoint

MOST_ROWS = 100


class Row(Schema):
    """`line` is where it stands in the operator's file."""

    line = fields.Integer(required=True)
    values = fields.Dict(keys=fields.String(), values=fields.String(allow_none=True), required=True)


class List(Schema):
    """`server` is an id or a name; empty where there is only one."""

    server = fields.String(load_default="")
    dry_run = fields.Boolean(load_default=False)
    rows = fields.List(fields.Nested(Row), required=True, validate=validate.Length(1, MOST_ROWS))

    class Meta:
        unknown = EXCLUDE


class PeopleApi(OperatorEndpoint):
    """`POST {"server", "dry_run", "rows"}`: everything that can be done is done, the rest is explained by line."""

    route = "people-api"

    async def post(self) -> None:
        try:
            wanted = List().load(self.read_json())
            server = await self._server(wanted["server"])
        except ValidationError as problem:
            return self.answer({"errors": problem.messages_dict}, status=400)
        services = self.services
        importing = ImportPeople(
            server=server,
            people=services.stores.people,
            mattermost=services.access.for_server(server),
            linking=Linking(people=services.stores.people, vault=services.vault, clock=services.clock),
            clock=services.clock,
            dry_run=wanted["dry_run"],
        )
        results = [{"line": row["line"], **await self._row(importing, row["values"])} for row in wanted["rows"]]
        self.answer({"server": server.name, "results": results})

    async def _row(self, importing: ImportPeople, values: Mapping[str, Any]) -> dict[str, object]:
        try:
            return {"outcome": (await importing.row(read_person(values))).value}
        except ValidationError as invalid:
            problems = [f"{name}: {' '.join(texts)}" for name, texts in invalid.messages_dict.items()]
        except UserError as problem:
            problems = [self._said(problem.text)]
        except Upstream as refused:
            problems = [f"Mattermost could not be asked: {refused.reason}. Try again."]
        return {"outcome": "refused", "problems": problems}

    def _said(self, text: Text) -> str:
        return words(text, Reader(now=self.services.clock()))

    async def _server(self, named: str) -> Server:
        """Raises ValidationError that says which there are."""
        servers = [one for one in await self.services.setup.listed() if one.state is State.INSTALLED]
        found = [one for one in servers if named in ("", one.id, one.name)]
        if len(found) == 1:
            return found[0]
        raise ValidationError({"server": [_which(servers)]})


def _which(servers: Sequence[Server]) -> str:
    if not servers:
        return "OnCall is not installed at any Mattermost yet. Begin with `python -m bot setup`."
    names = ", ".join(f"{one.name} ({one.id})" for one in servers)
    return f"Name one of these with --server: {names}."
