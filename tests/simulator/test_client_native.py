"""A person in the web client without the Apps framework, in both generations of the dialog renderer."""

import asyncio

import pytest

from tests.simulator.client_world import Town, story

SHIFT = {
    "callback_id": "override",
    "title": "Override shift",
    "introduction_text": "Covers **primary**",
    "submit_label": "Save",
    "notify_on_cancel": True,
    "state": "signed",
    "elements": [
        {"display_name": "Engineer", "name": "user", "type": "select", "data_source": "users", "optional": True},
        {"display_name": "Reason", "name": "why", "type": "textarea", "min_length": 3, "max_length": 500},
        {"display_name": "Hours", "name": "hours", "type": "text", "subtype": "number", "optional": True},
        {"display_name": "Tell", "name": "tell", "type": "bool", "placeholder": "Tell the team", "optional": True},
        {
            "display_name": "Layer",
            "name": "layer",
            "type": "radio",
            "default": "one",
            "options": [{"text": "One", "value": "one"}, {"text": "Two", "value": "two"}],
        },
    ],
}


async def opened(town: Town, dialog=SHIFT):
    async def command(form):
        await town.open_dialog(form["trigger_id"], dialog)
        return {}

    town.bot.answers["/command"] = command
    ana = town.person("ana")
    await ana.types("/oncall override")
    return ana


@story()
async def test_plain_text_is_a_post_and_slash_text_goes_to_the_bot(town):
    town.bot.answers["/command"] = {"text": "You asked for help."}
    ana, ben = town.person("ana"), town.person("ben")
    await ana.types("good morning")
    assert ben.posts()[-1].text == "good morning"
    await ana.types("/oncall help me", root=ana.posts()[-1])
    assert ana.sees == "You asked for help."
    assert town.bot.sent_to("/command")[0]["text"] == "help me"
    assert ana.posts()[-1].replies[-1].is_private
    assert ben.posts()[-1].replies == ()


@story()
async def test_unknown_commands_are_told_at_the_message_box(town):
    ana = town.person("ana")
    await ana.types("/nothing")
    assert ana.desk.notices[-1].where == "composer"


@story()
async def test_the_completion_is_one_flat_line(town):
    ana = town.person("ana")
    found = await ana.suggestions("/on")
    assert [(one.label, one.hint) for one in found] == [("oncall", "[ack|page|who|help]")]


@story()
async def test_a_dialog_opens_filled_with_its_defaults(town):
    ana = await opened(town)
    assert (ana.modal.title, ana.modal.header, ana.modal.submit_label) == (
        "Override shift",
        "Covers **primary**",
        "Save",
    )
    assert ana.modal.values == {"user": None, "why": None, "hours": None, "tell": False, "layer": "one"}
    assert ana.modal.field("tell").placeholder == "Tell the team"


@story()
async def test_only_the_client_that_acted_opens_the_dialog(town):
    other_tab = town.person("ana")
    ana = await opened(town)
    assert ana.modal is not None
    assert other_tab.modal is None


@story()
async def test_the_old_renderer_sends_blanks_and_numbers(town):
    town.bot.answers["/dialog"] = {}
    ana = await opened(town)
    await ana.submits(why="ill", hours="8")
    sent = town.bot.sent_to("/dialog")[0]
    assert sent["submission"] == {"user": "", "why": "ill", "hours": 8, "tell": False, "layer": "one"}
    assert (sent["state"], sent["callback_id"], sent["user_id"]) == ("signed", "override", town.ana.id)
    assert ana.modal is None


@story("11.1")
async def test_the_new_renderer_leaves_empty_keys_out(town):
    town.bot.answers["/dialog"] = {}
    ana = await opened(town)
    await ana.submits(why="ill", user="ben", hours="8", layer="Two")
    assert town.bot.sent_to("/dialog")[0]["submission"] == {
        "user": town.ben.id,
        "why": "ill",
        "hours": "8",
        "tell": False,
        "layer": "two",
    }


@story()
async def test_the_client_checks_before_it_sends(town):
    ana = await opened(town)
    await ana.submits(why="", hours="many")
    assert ana.field_errors == {"why": "This field is required.", "hours": "Must be a number."}
    await ana.submits(why="x", hours="")
    assert ana.field_errors == {"why": "Minimum input length is 3."}
    assert town.bot.sent_to("/dialog") == []


@story()
async def test_errors_keep_the_dialog(town):
    town.bot.answers["/dialog"] = {"errors": {"why": "Too short"}, "error": "Roster is locked"}
    ana = await opened(town)
    await ana.submits(why="ill")
    assert (ana.field_errors, ana.modal.error, ana.sees) == (
        {"why": "Too short"},
        "Roster is locked",
        "Roster is locked",
    )


@story()
async def test_the_old_renderer_closes_on_unknown_fields_and_on_failure(town):
    town.bot.answers["/dialog"] = {"errors": {"nope": "What"}}
    ana = await opened(town)
    await ana.submits(why="ill")
    assert ana.modal is None
    town.bot.answers["/dialog"] = 500
    ana = await opened(town)
    await ana.submits(why="ill")
    assert (ana.modal, ana.notices) == (None, [])


@story("11.1")
async def test_the_new_renderer_stays_on_unknown_fields_and_on_failure(town):
    town.bot.answers["/dialog"] = {"errors": {"nope": "What"}}
    ana = await opened(town)
    await ana.submits(why="ill")
    assert "nope" in ana.modal.error
    town.bot.answers["/dialog"] = 500
    await ana.submits(why="ill")
    assert ana.modal.error == "Submission failed"


STEP_TWO = {
    "callback_id": "second",
    "title": "Sure?",
    "state": "two",
    "elements": [{"display_name": "Word", "name": "word", "type": "text"}],
}


@story("11.1")
async def test_steps_gather_values_and_keep_the_first_callback_id(town):
    town.bot.answers["/dialog"] = {"type": "form", "form": STEP_TWO}
    ana = await opened(town)
    await ana.submits(why="ill")
    assert ana.modal.title == "Sure?"
    town.bot.answers["/dialog"] = {}
    await ana.submits(word="yes")
    sent = town.bot.sent_to("/dialog")[1]
    assert (sent["callback_id"], sent["state"]) == ("override", "two")
    assert (sent["submission"]["why"], sent["submission"]["word"]) == ("ill", "yes")
    assert ana.modal is None


@story("10.5")
async def test_old_servers_drop_the_next_step(town):
    town.bot.answers["/dialog"] = {"type": "form", "form": STEP_TWO}
    ana = await opened(town)
    await ana.submits(why="ill")
    assert ana.modal is None


@story()
async def test_cancelling_is_told_when_asked_for(town):
    town.bot.answers["/dialog"] = {}
    ana = await opened(town)
    await ana.cancels()
    assert town.bot.sent_to("/dialog")[0]["cancelled"] is True
    assert ana.modal is None
    quiet = {**SHIFT, "notify_on_cancel": False}
    ana = await opened(town, quiet)
    await ana.cancels()
    assert len(town.bot.sent_to("/dialog")) == 1


@story("11.7")
async def test_lookups_ask_the_bot_while_somebody_types(town):
    def lookup(body):
        items = [{"text": "db-main", "value": "svc-17"}, {"text": "web", "value": "svc-18"}]
        return {"items": [one for one in items if body["submission"].get("query", "") in one["text"]]}

    town.bot.answers["/lookup"] = lookup
    element = {"display_name": "Service", "name": "service", "type": "select", "data_source": "dynamic"}
    ana = await opened(town, {**SHIFT, "elements": [{**element, "data_source_url": f"{town.bot.url}/lookup"}]})
    assert ana.modal.field("service").choices == ["db-main", "web"]
    assert await ana.searches("service", "db") == ["db-main"]
    town.bot.answers["/dialog"] = {}
    await ana.submits(service="db-main")
    assert town.bot.sent_to("/dialog")[0]["submission"] == {"service": "svc-17"}


@story("11.7")
async def test_a_refresh_keeps_values_of_the_same_name(town):
    town.bot.answers["/refresh"] = {"type": "form", "form": {**SHIFT, "title": "Refreshed"}}
    elements = [{**one, "refresh": one["name"] == "layer"} for one in SHIFT["elements"]]
    ana = await opened(town, {**SHIFT, "source_url": f"{town.bot.url}/refresh", "elements": elements})
    await ana.changes("why", "ill")
    await ana.changes("layer", "Two")
    sent = town.bot.sent_to("/refresh")[0]
    assert (sent["type"], sent["submission"]["selected_field"]) == ("refresh", "layer")
    assert (ana.modal.title, ana.modal.values["why"], ana.modal.values["layer"]) == ("Refreshed", "ill", "two")


@story()
async def test_cards_are_drawn_and_their_buttons_work(town):
    town.bot.answers["/action"] = {
        "update": {"message": "", "props": {"attachments": [{"title": "DB-412 acknowledged by ana", "color": "good"}]}},
        "ephemeral_text": "You have it.",
    }
    fields = [{"title": "Host", "value": "db-3", "short": True}]
    actions = [town.button(), town.button("Silence", disabled=True)]
    card = {"fallback": "x", "title": "DB-412", "color": "danger", "fields": fields, "actions": actions}
    await town.bot_posts("", attachments=[card])
    ana = town.person("ana")
    drawn = ana.posts()[-1]
    assert (drawn.title, drawn.color, drawn.fields, drawn.buttons) == (
        "DB-412",
        "#e40303",
        {"Host": "db-3"},
        ["Acknowledge", "Silence"],
    )
    with pytest.raises(LookupError, match="greyed out"):
        await ana.clicks("Silence", drawn)
    await ana.clicks("Acknowledge", drawn)
    assert ana.sees == "You have it."
    assert (ana.posts()[-1].title, ana.posts()[-1].buttons) == ("DB-412 acknowledged by ana", [])


@story()
async def test_people_can_be_chosen_on_a_card(town):
    town.bot.answers["/action"] = {}
    integration = {"url": f"{town.bot.url}/action", "context": {"op": "assign"}}
    select = {"id": "to", "type": "select", "name": "Assign to", "data_source": "users", "integration": integration}
    post = await town.bot_posts("", attachments=[{"fallback": "x", "title": "DB", "actions": [select]}])
    ana = town.person("ana")
    await ana.chooses("Assign to", "@ben", post)
    sent = town.bot.sent_to("/action")[0]
    assert (sent["context"]["selected_option"], sent["data_source"]) == (town.ben.id, "users")
    with pytest.raises(LookupError, match="oncall"):
        await ana.chooses("Assign to", "oncall", post)


@pytest.mark.parametrize(("version", "seen"), [("9.5", 0), ("10.5", 1)])
def test_failed_buttons_are_visible_from_10_5_on(version, seen):
    @story(version)
    async def told(town):
        town.bot.answers["/action"] = 500
        post = await town.bot_posts("", attachments=[{"fallback": "x", "title": "DB", "actions": [town.button()]}])
        ana = town.person("ana")
        await ana.clicks("Acknowledge", post)
        assert len(ana.notices) == seen

    told()


@story()
async def test_a_button_on_a_private_message_works_with_its_cookie(town):
    town.bot.answers |= {
        "/command": {"text": "Sure?", "attachments": [{"fallback": "x", "actions": [town.button("Yes")]}]}
    }
    town.bot.answers["/action"] = {"ephemeral_text": "Done."}
    ana = town.person("ana")
    await ana.types("/oncall ack")
    await ana.clicks("Yes", ana.posts()[-1])
    assert ana.sees == "Done."


@story()
async def test_direct_messages_of_the_bot_are_seen(town):
    ana = town.person("ana")
    channel = town.simulator.state.direct_channel(town.ana.id, town.account.id)
    waiting = asyncio.create_task(ana.sees_soon("You are paged"))
    await asyncio.sleep(0)
    await town.bot_posts("You are paged for DB-412", channel=channel.id)
    await waiting
    assert [post.text for post in ana.direct_messages()] == ["You are paged for DB-412"]
    assert town.person("ben").direct_messages() == []
