"""A person in the web client with the Apps framework: what they type, press and see."""

import pytest

from tests.simulator.client_world import ACTING, Town, story

PAGE = {
    "title": "Page somebody",
    "header": "Choose **whom** to wake",
    "submit": {"path": "/page/send", "state": {"step": 1}},
    "source": {"path": "/page/refresh"},
    "fields": [
        {"name": "text", "type": "text", "is_required": True, "max_length": 5},
        {
            "name": "urgency",
            "type": "static_select",
            "refresh": True,
            "options": [{"label": "High", "value": "high"}, {"label": "Low", "value": "low"}],
        },
        {"name": "service", "type": "dynamic_select", "lookup": {"path": "/services"}},
        {"name": "whom", "type": "user"},
        {"name": "quiet", "type": "bool"},
        {"name": "mail", "type": "text", "subtype": "email"},
        {"name": "hint", "type": "markdown", "description": "Be kind"},
    ],
}


def services(body):
    found = [{"label": "Payments DB", "value": "svc-12"}, {"label": "Blank", "value": " "}]
    return {"type": "ok", "data": {"items": [one for one in found if body.get("query", "") in one["label"]]}}


async def opened(town: Town):
    town.bot.answers |= {"/page": {"type": "form", "form": PAGE}, "/services": services}
    ana = town.person("ana")
    await ana.types("/oncall page")
    return ana


@story(apps=True)
async def test_an_ok_with_text_is_a_private_message_of_the_bot(town):
    town.bot.answers["/who"] = {"type": "ok", "text": "@ben is on call"}
    ana, ben = town.person("ana"), town.person("ben")
    await ana.types("/oncall who")
    assert ana.sees == "@ben is on call"
    private = ana.posts()[-1]
    assert (private.is_private, private.author) == (True, "oncall-app")
    assert ben.notices == []
    assert not any(post.is_private for post in ben.posts())


@story(apps=True)
async def test_an_ok_without_text_shows_nothing(town):
    town.bot.answers["/who"] = {"type": "ok"}
    ana = town.person("ana")
    await ana.types("/oncall who")
    assert ana.notices == []


@story(apps=True)
async def test_the_request_is_the_web_clients(town):
    town.bot.answers["/ack"] = {"type": "ok"}
    ana = town.person("ana")
    await ana.types('/OnCall ack A-17 "on it" now')
    sent = town.bot.sent_to("/ack")[0]
    assert sent["values"] == {"alert_id": "A-17", "note": '"on it" now'}
    assert sent["raw_command"] == '/oncall ack A-17 "on it" now'
    assert sent["context"]["acting_user"]["username"] == "ana"
    assert sent["expand"] == ACTING


@pytest.mark.apps(65)
@story(apps=True)
async def test_errors_of_a_command_stand_at_the_message_box(town):
    town.bot.answers["/who"] = {"type": "error", "text": "Nobody is on call."}
    ana = town.person("ana")
    await ana.types("/oncall who")
    assert [notice.where for notice in ana.desk.notices] == ["composer"]
    assert ana.sees == "Nobody is on call."
    await ana.types("/oncall ack")
    assert (ana.sees, ana.modal) == ("Required fields missing: `alert-id`.", None)
    await ana.types("/oncall")
    assert ana.sees == "Parsing error: You must select a subcommand."
    assert town.bot.sent_to("/ack") == []


@pytest.mark.apps(39)
@story(apps=True)
async def test_navigate_opens_a_page_and_odd_answers_are_told(town):
    town.bot.answers |= {"/docs": {"type": "navigate", "navigate_to_url": "https://docs.example.com"}}
    town.bot.answers |= {"/odd": {"type": "dance"}, "/who": {"type": "navigate"}, "/page": {"type": "form", "form": {}}}
    ana = town.person("ana")
    await ana.types("/oncall docs")
    assert ana.opened == ["https://docs.example.com"]
    await ana.types("/oncall odd")
    assert ana.sees == "App response type not supported. Response type: dance."
    await ana.types("/oncall who")
    assert "no url" in ana.sees
    await ana.types("/oncall page")
    assert "no form" in ana.sees
    assert town.simulator.surprises
    town.simulator.surprises.clear()


@story(apps=True)
async def test_a_form_answer_opens_a_modal_and_looks_its_lists_up(town):
    ana = await opened(town)
    assert (ana.modal.title, ana.modal.header) == ("Page somebody", "Choose **whom** to wake")
    assert ana.modal.field("service").choices == ["Payments DB"]
    assert "query" not in town.bot.sent_to("/services")[0]
    assert await ana.searches("service", "zzz") == []
    assert town.bot.sent_to("/services")[1]["query"] == "zzz"
    assert await ana.searches("whom", "b") == ["ben"]


@story(apps=True)
async def test_values_arrive_in_the_shapes_of_the_modal(town):
    town.bot.answers["/page/send"] = {"type": "ok", "text": "Paged."}
    ana = await opened(town)
    await ana.submits(text="too long", urgency="High", service="Payments DB", whom="ben")
    sent = town.bot.sent_to("/page/send")[0]
    assert sent["values"] == {
        "text": "too l",
        "urgency": {"label": "High", "value": "high"},
        "service": {"label": "Payments DB", "value": "svc-12"},
        "whom": {"label": "ben", "value": town.ben.id},
        "quiet": False,
        "mail": None,
        "hint": None,
    }
    assert sent["state"] == {"step": 1}
    assert (ana.modal, ana.sees) == (None, "Paged.")


@story(apps=True)
async def test_the_client_checks_before_it_sends(town):
    ana = await opened(town)
    await ana.submits(mail="nowhere")
    assert ana.field_errors == {"text": "This field is required.", "mail": "Must be a valid email address."}
    assert town.bot.sent_to("/page/send") == []


@pytest.mark.apps(60)
@story(apps=True)
async def test_a_required_switch_must_be_on(town):
    consent = {"name": "consent", "type": "bool", "is_required": True}
    form = {"title": "Sure?", "submit": {"path": "/do"}, "fields": [consent]}
    town.bot.answers |= {"/page": {"type": "form", "form": form}, "/do": {"type": "ok"}}
    ana = town.person("ana")
    await ana.types("/oncall page")
    await ana.submits(consent=False)
    assert ana.field_errors == {"consent": "This field is required."}
    assert town.bot.sent_to("/do") == []
    await ana.submits(consent=True)
    assert town.bot.sent_to("/do")[0]["values"] == {"consent": True}


@story(apps=True)
async def test_errors_from_the_app_keep_the_modal(town):
    town.bot.answers["/page/send"] = {"type": "error", "text": "Look again", "data": {"errors": {"text": "No."}}}
    ana = await opened(town)
    await ana.submits(text="x")
    assert (ana.modal.error, ana.field_errors, ana.sees) == ("Look again", {"text": "No."}, "Look again")
    town.bot.answers["/page/send"] = {"type": "error", "data": {"errors": {"nope": "What"}}}
    await ana.submits(text="x")
    assert "nope" in ana.modal.error
    town.bot.answers["/page/send"] = {"type": "error"}
    await ana.submits(text="x")
    assert ana.modal is None


@story(apps=True)
async def test_the_next_form_takes_the_place_of_the_first(town):
    second = {"title": "Sure?", "submit": {"path": "/page/sure"}, "fields": [], "submit_buttons": ""}
    town.bot.answers |= {"/page/send": {"type": "form", "form": second}, "/page/sure": {"type": "ok"}}
    ana = await opened(town)
    await ana.submits(text="x")
    assert ana.modal.title == "Sure?"
    await ana.submits()
    assert ana.modal is None


@story(apps=True)
async def test_a_refresh_starts_from_the_new_form_and_forgets_what_is_not_echoed(town):
    def refresh(body):
        fields = [
            {**one, "value": body["values"]["urgency"]} if one["name"] == "urgency" else one for one in PAGE["fields"]
        ]
        return {"type": "form", "form": {**PAGE, "title": "Urgent page", "fields": fields}}

    town.bot.answers["/page/refresh"] = refresh
    ana = await opened(town)
    await ana.changes("text", "hello")
    await ana.changes("urgency", "High")
    sent = town.bot.sent_to("/page/refresh")[0]
    assert (sent["selected_field"], sent["values"]["text"]) == ("urgency", "hello")
    assert ana.modal.title == "Urgent page"
    assert (ana.modal.values["urgency"], ana.modal.values["text"]) == ("high", None)


@pytest.mark.apps(59)
@story(apps=True)
async def test_submit_buttons_send_a_plain_string(town):
    options = [{"label": "Escalate", "value": "up"}, {"label": "Drop", "value": "drop"}]
    form = {
        "title": "What now",
        "submit": {"path": "/do"},
        "submit_buttons": "what",
        "fields": [{"name": "what", "type": "static_select", "options": options}, {"name": "why", "type": "text"}],
    }
    town.bot.answers |= {"/page": {"type": "form", "form": form}, "/do": {"type": "ok"}}
    ana = town.person("ana")
    await ana.types("/oncall page")
    assert [one.name for one in ana.modal.fields] == ["why"]
    await ana.submits(what="Drop", why="")
    assert town.bot.sent_to("/do")[0]["values"] == {"what": "drop", "why": ""}


@story(apps=True)
async def test_open_in_modal_is_prefilled_and_sends_no_raw_command(town):
    town.bot.answers["/ack"] = {"type": "ok", "text": "Yours."}
    ana = town.person("ana")
    await ana.opens_in_modal("/oncall ack A-17")
    assert ana.modal.values == {"alert_id": "A-17", "note": None}
    await ana.submits(note="mine")
    sent = town.bot.sent_to("/ack")[0]
    assert sent["values"] == {"alert_id": "A-17", "note": "mine"}
    assert "raw_command" not in sent


@story(apps=True)
async def test_menu_entries_with_a_source_ask_the_app_first(town):
    town.bot.answers |= {
        "/page": {"type": "form", "form": PAGE},
        "/services": services,
        "/page/send": {"type": "ok", "text": "Done."},
    }
    post = await town.bot_posts("db is down")
    ana = town.person("ana")
    await ana.picks("Page on-call", post)
    await ana.submits(text="wake")
    assert ana.posts()[-1].replies[-1].text == "Done."
    with pytest.raises(LookupError, match="Page on-call"):
        await ana.picks("Nothing like it", post)


@story(apps=True)
async def test_header_buttons_answer_in_the_channel(town):
    town.bot.answers["/who"] = {"type": "error", "text": "Nobody."}
    ana = town.person("ana")
    await ana.header("Who is on call", "town-square")
    assert ana.posts("town-square")[-1].text == "Nobody."


@story(apps=True)
async def test_in_post_buttons_and_selects(town):
    def leaf(location, label, path):
        return {"app_id": "oncall-app", "location": location, "label": label, "submit": {"path": path}}

    options = [
        leaf("amira", "Amira", "/assign/amira"),
        leaf("joon", "Joon", "/assign/joon"),
        leaf("joon", "Twice", "/x"),
    ]
    both = {**leaf("bad", "Bad", "/bad"), "bindings": options}
    assign = {"app_id": "oncall-app", "location": "to", "label": "Reassign to", "bindings": options}
    card = {
        "app_id": "oncall-app",
        "location": "alert",
        "label": "A-17 disk full",
        "description": "Severity **high**",
        "bindings": [leaf("ack", "Acknowledge", "/in/ack"), assign, both],
    }
    town.bot.answers |= {"/in/ack": {"type": "ok", "text": "Yours."}, "/assign/joon": {"type": "ok"}}
    post = await town.bot_posts("", app_bindings=[card])
    ana = town.person("ana")
    drawn = ana.posts()[-1]
    assert (drawn.title, drawn.buttons, drawn.selects) == (
        "A-17 disk full",
        ["Acknowledge"],
        {"Reassign to": ["Amira", "Joon"]},
    )
    await ana.clicks("Acknowledge", post)
    assert ana.posts()[-1].replies[-1].text == "Yours."
    await ana.chooses("Reassign to", "Joon", drawn)
    assert len(town.bot.sent_to("/assign/joon")) == 1
    broken = await town.bot_posts("", app_bindings=[{**card, "bindings": [{"location": "x", "label": "no app id"}]}])
    assert ana.drawn(broken).cards == ()


@story(apps=True)
async def test_refresh_bindings_makes_the_client_fetch_again(town):
    town.bot.answers["/who"] = {"type": "ok", "refresh_bindings": True}
    ana = town.person("ana")
    await ana.types("/oncall who")
    town.bot.answers["/bindings"] = {"type": "ok", "data": []}
    await ana.types("/oncall who")
    assert len(town.bot.sent_to("/who")) == 1
    assert ana.desk.notices[-1].where == "composer"


@story(apps=True)
async def test_completion_walks_down_to_arguments(town):
    ana = town.person("ana")
    assert [one.label for one in await ana.suggestions("/onc")] == ["oncall"]
    assert [one.complete for one in await ana.suggestions("/oncall a")] == ["/oncall ack "]
    assert [one.label for one in await ana.suggestions("/oncall ack ")] == ["[alert]", "Open in modal"]


@story(apps=True)
async def test_completion_knows_people_channels_and_looks_lists_up(town):
    town.bot.answers |= {"/services": services, "/tell": {"type": "ok"}}
    ana = town.person("ana")
    assert (await ana.suggestions("/oncall tell @b"))[0].complete == "/oncall tell @ben "
    assert (await ana.suggestions("/oncall tell --where inc"))[0].complete == "/oncall tell --where ~incidents "
    assert (await ana.suggestions("/oncall tell --service Pay"))[0].complete == "/oncall tell --service svc-12 "
    asked = town.bot.sent_to("/services")[0]
    assert (asked["query"], asked["raw_command"]) == ("Pay", "/oncall tell --service Pay")
    await ana.types("/oncall tell @ben --where ~incidents --service svc-12")
    assert town.bot.sent_to("/tell")[0]["values"] == {
        "whom": {"label": "ben", "value": town.ben.id},
        "where": {"label": "incidents", "value": town.incidents.id},
        "service": {"label": "svc-12", "value": "svc-12"},
    }


@story(apps=True)
async def test_sees_soon_wakes_on_events_and_says_what_it_saw_instead(town):
    ana = town.person("ana")
    with pytest.raises(AssertionError, match=r"did not see 'disk full' within 0\.01 s"):
        await ana.sees_soon("disk full", timeout=0.01)
    await town.bot_posts("disk full")
    await ana.sees_soon("disk full")
    await ana.sees_soon(lambda person: len(person.posts("incidents")) == 1)
