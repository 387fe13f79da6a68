"""Every form, on both surfaces, for somebody who reads German: all of it in German, within the limits."""

from typing import Any

import pytest

from bot.call import Ask
from bot.core.people import Role
from bot.core.replacing import replace
from bot.registry import Command
from bot.surfaces import apps, apps_forms, native, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.words import declared
from forms.base import HELP_BYTES, LABEL_BYTES, TITLE_BYTES, Kind
from tests.surfaces.drawing import READER, REGISTRY, card, sealer

GERMAN = replace(READER, locale="de-DE")
DIALOG = native_dialogs.Drawing(
    sealer=sealer(),
    reader=GERMAN,
    capabilities=capabilities("11.1"),
    dialog_url="https://bot.example/dialog",
    user_id="ana",
)
MODAL = apps_forms.Drawing(sealer=sealer(), reader=GERMAN, user_id="ana")
each = pytest.mark.parametrize("command", list(REGISTRY), ids=lambda command: command.name)


def german(text: str) -> str:
    return declared(text, "de")


@each
def test_a_dialog_is_german_and_fits(command: Command):
    dialog = native_dialogs.draw_dialog(Ask(command=command.name, form=command.form), DIALOG)

    assert dialog["title"] == german(command.form.title)
    assert dialog["submit_label"] == german(command.form.submit)
    assert dialog["introduction_text"] == german(command.form.introduction)
    assert len(dialog["title"].encode()) <= TITLE_BYTES
    for element in dialog["elements"]:
        field = command.form.inputs()[element["name"]]
        assert element["display_name"] == german(field.label)
        assert element["help_text"] == german(field.help)
        assert len(element["display_name"].encode()) <= LABEL_BYTES
        assert max(len(element["help_text"].encode()), len(element["placeholder"].encode())) <= HELP_BYTES
        if field.kind is Kind.CHOICE:
            assert [one["text"] for one in element["options"]] == [german(one.label) for one in field.options]


@each
def test_a_modal_is_german(command: Command):
    form = apps_forms.draw_form(Ask(command=command.name, form=command.form), command, MODAL)

    assert form["title"] == german(command.form.title)
    assert form.get("header", "") == german(command.form.introduction)
    *fields, button = form["fields"]
    assert [one["label"] for one in button["options"]] == [german(command.form.submit)]
    for drawn in fields:
        field = command.form.inputs()[drawn["name"]]
        assert (drawn["modal_label"], drawn["hint"]) == (german(field.label), german(field.hint))
        if field.kind is Kind.CHOICE:
            assert [one["label"] for one in drawn["options"]] == [german(one.label) for one in field.options]


def test_a_chosen_option_is_shown_in_german():
    command = REGISTRY.find("rules")
    assert command is not None
    form = apps_forms.draw_form(Ask(command="rules", form=command.form, values={"rules": "direct"}), command, MODAL)

    assert form["fields"][0]["value"] == {"label": "Nur Direktnachricht", "value": "direct"}


def test_what_is_typed_stays_english_and_what_explains_it_is_german():
    english, translated = (
        apps.bindings(REGISTRY, role=Role.ADMIN, installed=True, locale=locale)["data"] for locale in ("en", "de")
    )
    assert typed(english) == typed(translated)
    [slash] = translated[0]["bindings"]
    silence = next(one for one in slash["bindings"] if one["label"] == "silence")
    assert slash["description"] == "Alarme und Bereitschaft"
    assert silence["description"].startswith("Eine Weile niemanden alarmieren")
    assert silence["hint"] == "[Alarmgruppen] [Wie lange]"
    assert [field["label"] for field in silence["form"]["fields"]] == ["group", "duration", "reason", "where"]
    assert "Bestätigen" in [one["label"] for one in translated[1]["bindings"]]
    assert [one["label"] for one in translated[2]["bindings"]] == ["Wer hat Bereitschaft"]


def typed(bindings: list[dict[str, Any]]) -> list[Any]:
    """Locations, and the labels under the slash command."""
    return [
        (one["location"], _labels(one.get("bindings", [])) if index == 0 else "") for index, one in enumerate(bindings)
    ]


def _labels(bindings: list[dict[str, Any]]) -> list[Any]:
    return [(one["location"], one["label"], _labels(one.get("bindings", []))) for one in bindings]


def test_a_post_is_german():
    page = card(page=True)
    url = "https://bot.example/action"
    buttons = native.draw_buttons(page.buttons, sealer=sealer(), reader=GERMAN, action_url=url)
    drawn = native.draw_post(page, buttons, reader=GERMAN)
    [attachment] = drawn.props["attachments"]

    assert "du hast Bereitschaft" in drawn.message
    assert attachment["text"].startswith("**Aktiv seit 09:00**")
    assert [field["title"] for field in attachment["fields"]][:3] == ["Anzahl", "Quelle", "Schweregrad"]
    assert [action["name"] for action in attachment["actions"]][:2] == ["Bestätigen", "Lösen"]
