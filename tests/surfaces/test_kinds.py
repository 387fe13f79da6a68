"""Every kind of field, drawn from one declaration: on the Apps framework and on every version of the native surface.

Each form goes the whole way: drawn, kept by the server, shown by the client, filled in by a person, brought back, read.
"""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.call import Ask
from bot.registry import Command
from bot.simulator.apps.forms_cleaning import clean_form
from bot.simulator.client import apps_form, dialog
from bot.simulator.client.modal import Modal, fill
from bot.simulator.native import dialog_checks
from bot.simulator.profiles import VERSIONS, profile_of
from bot.surfaces import apps_forms, native, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.values import read_labels, read_values
from bot.words import Reader
from forms.base import Choice, Form, Number, Option, Text, Toggle, Users
from forms.contact import Email
from forms.limits import problems_of
from forms.moments import Date, DateTime
from forms.several import Choices, Lookups
from tests.surfaces.drawing import NOW, sealer

BERLIN = "Europe/Berlin"
READER = Reader(now=NOW, zone=BERLIN)
DAYS = (Option(value="mon", label="Monday"), Option(value="tue", label="Tuesday"), Option(value="sun", label="Sunday"))
URGENCIES = (Option(value="high", label="Now"), Option(value="low", label="Later"))
SOURCES = (Option(value="Production cluster", label="Production cluster"), Option(value="Backup", label="Backup"))
OPTIONS = {"sources": SOURCES}
ANA = "a" * 26


class Sample(Form):
    """Adding a field to it is one line here, and nothing elsewhere."""

    title = "Plan maintenance"
    submit = "Plan"

    begin = DateTime("Begins", required=True, ahead=True)
    last_day = Date("Last day", ahead=True)
    days = Choices("Days", options=DAYS, help="On which days.")
    sources = Lookups("Integrations", choices="integrations", help="Empty: all.")
    urgency = Choice("Urgency", options=URGENCIES, radio=True, default="low")
    people = Users("People")
    contact = Email("Contact")
    parts = Number("Parts", minimum=1, maximum=9, default=1)
    quiet = Toggle("Quiet")


async def plan(ctx: object, **values: object) -> None:
    """Never run."""


COMMAND = Command(name="plan", run=plan, summary="Plan.", form=Sample)
TYPED = {
    "begin": "tomorrow 9:00",
    "last_day": "2026-03-08",
    "days": "mon, sun",
    "sources": "Production cluster, Backup",
}


class Names:
    """Whom the client knows."""

    def user(self, name: str) -> dict[str, str] | None:
        return {"label": "ana", "value": ANA} if name == "ana" else None

    def user_by_id(self, user_id: str) -> dict[str, str] | None:
        return {"label": "ana", "value": ANA} if user_id == ANA else None

    def channel(self, name: str) -> dict[str, str] | None:
        return None

    channel_by_id = channel


def drawing(version: str) -> native_dialogs.Drawing:
    url = "https://bot.example.com/native/S1"
    return native_dialogs.Drawing(
        sealer=sealer(),
        reader=READER,
        capabilities=capabilities(version),
        dialog_url=f"{url}/dialog",
        lookup_url=f"{url}/lookup",
        user_id=ANA,
    )


def asked(values: dict[str, Any] = TYPED) -> Ask:
    return Ask(command="plan", form=Sample, values=values, options=OPTIONS)


def drawn(version: str, values: dict[str, Any] = TYPED) -> dict[str, dict[str, Any]]:
    found = native_dialogs.draw_dialog(asked(values), drawing(version))
    return {element["name"]: element for element in found["elements"]}


def native_modal(version: str, values: dict[str, Any] = TYPED) -> Modal:
    """What the person sees of it."""
    sent = json.loads(json.dumps(native_dialogs.draw_dialog(asked(values), drawing(version))))
    profile = profile_of(version)
    assert dialog_checks.problems(sent, profile) == []
    modal = Modal(title="", origin=None)  # type: ignore[arg-type]
    drawer = dialog.Drawer(known=profile.element_types, directory=Names(), zone=BERLIN, today=date(2026, 3, 2))
    dialog.draw(modal, dialog_checks.kept(sent, profile), drawer)
    return modal


def native_answer(modal: Modal, version: str) -> dict[str, Any]:
    assert dialog.problems(modal, profile_of(version).browser_model) == {}
    state = native_dialogs.draw_dialog(asked(), drawing(version))["state"]
    body = {
        "state": state,
        "user_id": ANA,
        "submission": json.loads(json.dumps(dialog.values(modal, profile_of(version).browser_model))),
    }
    return Sample.read(native.read_dialog(body, server_id="S1", sealer=sealer()).values)


def apps_modal(values: dict[str, Any] = TYPED) -> tuple[Modal, dict[str, Any]]:
    form = apps_forms.draw_form(asked(values), COMMAND, apps_forms.Drawing(sealer=sealer(), reader=READER, user_id=ANA))
    cleaned, problems = clean_form(json.loads(json.dumps(form)), icon_url=str)
    assert problems == []
    modal = Modal(title="", origin=None)  # type: ignore[arg-type]
    apps_form.draw(modal, cleaned, fallback_title="plan")
    return modal, cleaned


def whole(read: dict[str, Any]) -> dict[str, Any]:
    """With what is meant by days and moments for somebody in Berlin."""
    return {
        **read,
        "begin": read["begin"].at(NOW, BERLIN),
        "last_day": read["last_day"].on(NOW, BERLIN) if read["last_day"] else "",
    }


MEANT = {
    "begin": datetime(2026, 3, 3, 8, 0, tzinfo=UTC),
    "last_day": date(2026, 3, 8),
    "days": ("mon", "sun"),
    "sources": ("Production cluster", "Backup"),
    "urgency": "low",
    "people": (),
    "contact": "",
    "parts": 1,
    "quiet": False,
}


def test_the_sample_is_within_the_limits():
    assert problems_of(Sample) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_typed_goes_through_a_dialog_of_every_version_unchanged(version: str):
    assert whole(native_answer(native_modal(version), version)) == MEANT


def test_what_was_typed_goes_through_a_modal_unchanged():
    modal, form = apps_modal()

    assert apps_form.problems(modal) == {}
    assert whole(Sample.read(read_values(apps_form.values(modal, form)))) == MEANT


@pytest.mark.parametrize(
    ("version", "types"),
    [
        ("9.0", ["text", "text", "text", "text", "radio", "text", "text", "text", "bool"]),
        ("10.11", ["text", "text", "text", "text", "radio", "text", "text", "text", "bool"]),
        ("11.0", ["text", "text", "select", "select", "radio", "select", "text", "text", "bool"]),
        ("11.1", ["datetime", "date", "select", "select", "radio", "select", "text", "text", "bool"]),
        ("12.0", ["datetime", "date", "select", "select", "radio", "select", "text", "text", "bool"]),
    ],
)
def test_a_dialog_has_the_best_that_its_version_knows(version: str, types: list[str]):
    assert [element["type"] for element in drawn(version).values()] == types


def test_a_modal_types_days_and_moments():
    """Apps plugin v1.2.2 has no element for them: a field of an unknown type is drawn as nothing."""
    modal, _ = apps_modal()

    assert {one.name: one.kind for one in modal.fields} == {
        "begin": "text",
        "last_day": "text",
        "days": "select",
        "sources": "select",
        "urgency": "select",
        "people": "user",
        "contact": "text",
        "parts": "text",
        "quiet": "bool",
    }
    assert [one.name for one in modal.fields if one.multiselect] == ["days", "sources", "people"]
    assert modal.values["begin"] == "tomorrow 9:00"
    assert modal.values["days"] == ["mon", "sun"]


@pytest.mark.parametrize(
    ("version", "beside", "within"),
    [
        ("11.1", {"time_interval": 15, "min_date": "today"}, None),
        ("11.6", {"time_interval": 15, "min_date": "today"}, {"time_interval": 15, "min_date": "today"}),
        ("11.7", {"time_interval": 15, "min_date": "today"}, {"time_interval": 15, "min_date": "today"}),
        ("11.8", {}, {"time_interval": 15, "min_date": "today"}),
        ("12.0", {}, {"time_interval": 15, "min_date": "today"}),
    ],
)
def test_limits_stand_where_each_version_looks_for_them(version: str, beside: Any, within: Any):
    begin = drawn(version)["begin"]

    assert {key: begin[key] for key in ("time_interval", "min_date") if key in begin} == beside
    assert begin.get("datetime_config") == within


@pytest.mark.parametrize("version", ["11.1", "11.7", "11.10", "12.0"])
def test_a_person_picks_a_time_of_every_quarter_and_none_of_yesterday(version: str):
    modal = native_modal(version, {})
    begin = modal.field("begin")

    with pytest.raises(LookupError):
        fill(begin, "2026-03-01 18:15", Names())
    with pytest.raises(LookupError):
        fill(begin, "2026-03-03 18:20", Names())
    fill(begin, "2026-03-03 18:15", Names())
    assert begin.value == "2026-03-03T18:15:00+01:00"
    assert whole(native_answer(modal, version))["begin"] == datetime(2026, 3, 3, 17, 15, tzinfo=UTC)


def test_what_can_be_typed_is_told_where_nothing_can_be_chosen():
    typed = drawn("9.0", {})

    assert typed["days"]["help_text"] == "On which days. mon, tue, sun"
    assert typed["sources"]["help_text"] == "Empty: all. Production cluster, Backup"
    assert typed["begin"]["placeholder"] == "2026-12-01 18:00, tomorrow 9:00"
    assert typed["contact"]["subtype"] == "email"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("values", [{}, {"begin": "soon", "last_day": "x", "days": "tue, x", "sources": "a,b" * 80}])
def test_what_is_missing_or_wrong_is_drawn_within_the_limits(version: str, values: dict[str, Any]):
    native_modal(version, values)


def test_many_are_looked_up_where_the_server_can():
    many = {"sources": tuple(Option(value=f"i{one}", label=f"I {one}") for one in range(50))}
    ask = Ask(command="plan", form=Sample, options=many)
    sources = {
        version: next(
            one for one in native_dialogs.draw_dialog(ask, drawing(version))["elements"] if one["name"] == "sources"
        )
        for version in ("10.11", "11.0")
    }

    assert sources["11.0"]["data_source"] == "dynamic"
    assert sources["11.0"]["multiselect"] is True
    assert sources["10.11"]["type"] == "text"
    assert len(sources["10.11"]["help_text"].encode()) <= 150


def test_a_value_with_a_comma_is_chosen_again_but_never_split():
    ask = Ask(
        command="plan",
        form=Sample,
        values={"sources": ("a, b", "c")},
        options={"sources": (Option(value="a, b", label="A"), Option(value="c", label="C"))},
    )
    elements = {one["name"]: one for one in native_dialogs.draw_dialog(ask, drawing("12.0"))["elements"]}

    assert elements["sources"]["default"] == "c"


def test_an_instant_that_a_picker_brought_is_typed_as_a_time_of_the_person():
    modal, _ = apps_modal({"begin": "2026-03-03T08:00:00Z"})

    assert modal.values["begin"] == "2026-03-03 09:00"
    assert drawn("9.0", {"begin": "2026-03-03T08:00:00Z"})["begin"]["default"] == "2026-03-03 09:00"


def test_chosen_people_keep_their_names_when_a_form_is_drawn_anew():
    came = {"people": [{"label": "ana", "value": ANA}, {"label": 5, "value": "x"}, "y"], "days": None}
    form = apps_forms.draw_form(
        asked({"people": (ANA,)}),
        COMMAND,
        apps_forms.Drawing(sealer=sealer(), reader=READER, user_id=ANA, labels=read_labels(came)),
    )
    people = next(one for one in form["fields"] if one["name"] == "people")

    assert people["value"] == [{"label": "ana", "value": ANA}]


def test_lists_are_typed_as_text_in_a_slash_command():
    """The web client of the Apps framework loses typed lists of looked-up values."""
    fields = {one["name"]: one for one in apps_forms.draw_typed_form(COMMAND, "en")["fields"]}

    assert {name: fields[name]["type"] for name in ("days", "sources", "begin")} == dict.fromkeys(
        ("days", "sources", "begin"), "text"
    )
    assert fields["days"]["hint"] == "mon, tue, sun"


class Plain(Form):
    title = "Plain"

    text = Text("Text", default="Town")


def test_a_default_keeps_its_capitals():
    ask = Ask(command="plan", form=Plain)

    assert native_dialogs.draw_dialog(ask, drawing("9.0"))["elements"][0]["default"] == "Town"
