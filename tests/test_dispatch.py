"""From a call to a reply: who may, is the input whole, and every failure in words. Without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.call import Actor, Ask, Call, Opened, Refuse, Reply, Say, tell
from bot.context import Context
from bot.core.alert_group import AlertGroup, Heading, Line, Status
from bot.core.changes import Change
from bot.core.people import Person, Role
from bot.core.replacing import replace
from bot.core.servers import Server, State, Who
from bot.core.text import NOTHING, Text, say
from bot.dispatch import Dispatch
from bot.errors import Busy, Denied, NotFound, Unavailable, Upstream
from bot.registry import Command, Registry, load
from bot.words import Reader, paragraph, words
from tests.core.groups import NOW, fired

READER = Reader(now=NOW, zone="UTC")
OURS = load()
SERVER = Server(id="S1", name="Ops", created_at=NOW, state=State.INSTALLED, site_url="https://chat.example.com")


class Shelf:
    """Alert groups in order of their numbers; each is known by its post `post-<number>`."""

    def __init__(self, *groups: AlertGroup) -> None:
        self.groups = {group.number: group for group in groups}
        self.asked = 0

    async def numbered(self, number: int) -> AlertGroup | None:
        return self.groups.get(number)

    async def of_post(self, post_id: str) -> AlertGroup | None:
        self.asked += 1
        return next((group for group in self.groups.values() if f"post-{group.number}" == post_id), None)

    async def headings(self, statuses: tuple[Status, ...], *, limit: int) -> list[Heading]:
        found = [group for group in self.groups.values() if group.status in statuses][:limit]
        return [Heading(number=group.number, title=group.title, status=group.status) for group in found]

    async def severities(self, statuses: tuple[Status, ...], *, most: int) -> dict[Status, dict[str, int]]:
        return {status: {} for status in statuses}

    async def lines(self, status: Status, severities: Sequence[str], *, skip: int, limit: int) -> list[Line]:
        raise AssertionError("there is nothing to list here")

    async def change(self, group: AlertGroup, decide: Any) -> Change[AlertGroup]:
        change = decide(self.groups[group.number])
        self.groups[group.number] = change.doc
        return change

    async def open(self, draft: Any) -> tuple[AlertGroup, bool]:
        raise AssertionError("nobody opens anything here")


class BurningShelf(Shelf):
    """Everything one asks it for goes wrong in the given way."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    async def numbered(self, number: int) -> AlertGroup | None:
        raise self.problem

    async def listed(self, statuses: tuple[Status, ...], *, limit: int) -> list[AlertGroup]:
        raise self.problem


class Nothing:
    """Stands where a command under test must not reach."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} is not needed here")


@dataclass
class Town:
    """A small Mattermost where everybody is Ana. `mattermost_says` is her role when Mattermost is asked again."""

    shelf: Shelf = field(default_factory=lambda: Shelf(fired()))
    server_: Server | None = SERVER
    role: Role = Role.RESPONDER
    mattermost_says: Role | None = None
    news: Text = NOTHING
    confirmed: int = 0

    async def server(self, server_id: str) -> Server | None:
        return self.server_ if server_id == "S1" else None

    async def make(self, call: Call, server: Server) -> Context:
        nothing: Any = Nothing()
        ana = Person(id="P1", server_id="S1", name="ana", username="ana", mattermost_user_id="u1", role=self.role)
        return Context(
            call=call,
            server=server,
            person=ana,
            now=NOW,
            reader=READER,
            news=self.news,
            registry=OURS,
            public_url="https://bot.example.com",
            groups=self.shelf,
            people=nothing,
            linking=nothing,
            integrations=nothing,
            maintenances=nothing,
            storms=nothing,
            chat=nothing,
            installation=nothing,
        )

    async def confirm_role(self, context: Context, *, lately: bool = False) -> Context:
        self.confirmed += not lately
        role = self.mattermost_says or context.person.role
        return replace(context, person=replace(context.person, role=role))


def call(command: str, opened: Opened = Opened.TYPED, **more: Any) -> Call:
    known = {"server_id": "S1", "actor": Actor(user_id="u1"), **more}
    return Call(command=command, opened=opened, **known)


async def ask(command: str, opened: Opened = Opened.TYPED, *, town: Town | None = None, **more: Any) -> Reply:
    return await Dispatch(OURS, town or Town())(call(command, opened, **more))


def said(reply: Reply) -> str:
    assert not isinstance(reply, Ask), reply
    return words(reply.text, READER) if isinstance(reply, Refuse) else paragraph(reply.lines, READER)


# ---- who may -------------------------------------------------------------------------------------------------------


async def test_a_whole_command_runs():
    town = Town()

    assert said(await ask("ack", values={"group": "7"}, town=town)) == "You have #7. Nobody else is paged for it."
    assert town.shelf.groups[7].acknowledged_by == "@ana"


async def test_an_unknown_command_names_the_way_to_the_known_ones():
    reply = await ask("bogus")

    assert isinstance(reply, Refuse)
    assert said(reply) == "There is no command `bogus`. `/oncall help` lists them all."


@pytest.mark.parametrize("server", [None, replace(SERVER, state=State.PENDING), replace(SERVER, state=State.DISABLED)])
async def test_where_it_is_not_installed_only_the_set_up_works(server: Server | None):
    reply = await ask("ack", values={"group": "7"}, town=Town(server_=server))

    assert said(reply) == "OnCall is not fully installed here yet. An admin can finish it with `/oncall setup`."


async def test_help_works_before_the_installation():
    reply = await ask("help", town=Town(server_=replace(SERVER, state=State.PENDING)))

    assert isinstance(reply, Say)


async def test_a_viewer_may_look_but_not_act():
    viewer = Town(role=Role.VIEWER)

    assert said(await ask("ack", values={"group": "7"}, town=viewer)) == (
        "You can look but not act here. Ask an admin to make you a responder."
    )
    assert isinstance(await ask("list", town=viewer), Say)


async def test_only_admins_configure_and_mattermost_is_asked_every_time():
    town = Town(role=Role.ADMIN, mattermost_says=Role.RESPONDER)

    assert said(await ask("configure channel", values={"channel": "town-square"}, town=town)) == (
        "Only admins can do that. Ask a Mattermost admin, or an OnCall admin of this server."
    )
    assert town.confirmed == 1
    await ask("ack", values={"group": "7"}, town=town)
    assert town.confirmed == 1


async def test_who_must_link_first_is_asked_to():
    town = Town(server_=replace(SERVER, who_may_act=Who.LINKED))
    reply = await ask("ack", Opened.BUTTON, values={"group": "7"}, memory={"group": "7"}, town=town)

    assert isinstance(reply, Ask)
    assert reply.command == "link"
    assert town.shelf.groups[7].status is Status.FIRING
    assert isinstance(await ask("list", town=town), Say)


async def test_news_stands_before_the_answer():
    town = Town(news=say("Welcome, Ana."))

    assert said(await ask("ack", values={"group": "7"}, town=town)).startswith("Welcome, Ana.\nYou have #7.")
    assert said(await ask("ack", values={"group": "99"}, town=town)).startswith("There is no alert group 99.")


# ---- is the input whole --------------------------------------------------------------------------------------------


async def test_missing_input_opens_the_form_without_reproach():
    reply = await ask("silence", values={"group": "7"})

    assert isinstance(reply, Ask)
    assert (reply.values, reply.errors, reply.problem) == ({"group": "7"}, {}, NOTHING)
    assert [(option.value, option.label) for option in reply.options["group"]] == [("7", "#7 Disk full (firing)")]


async def test_wrong_input_opens_the_form_and_says_what_is_wrong():
    reply = await ask("silence", values={"group": "7", "duration": "soon"})

    assert isinstance(reply, Ask)
    assert words(reply.problem, READER) == (
        "For how long: Write a duration such as 30m, 2h or 1d, or a time such as `until 18:00` or "
        "`until tomorrow 9:00`."
    )
    assert reply.values == {"group": "7", "duration": "soon"}


async def test_wrong_input_in_an_open_form_is_told_at_its_fields():
    reply = await ask("silence", Opened.FORM, values={"group": "", "duration": "99d"}, memory={"post": "p"})

    assert isinstance(reply, Ask)
    assert {name: words(text, READER) for name, text in reply.errors.items()} == {
        "group": "This is needed.",
        "duration": "Choose a time between one minute and 30 days.",
    }
    assert reply.memory == {"post": "p"}
    assert reply.options == {}, "the form is drawn already"


async def test_a_button_with_dots_asks_even_where_nothing_is_missing():
    reply = await ask("ack", Opened.ASKING_BUTTON, values={"group": "7"}, memory={"group": "7"})

    assert isinstance(reply, Ask)
    assert reply.memory == {"group": "7"}


async def test_what_was_typed_is_an_option_even_if_it_is_not_offered():
    reply = await ask("silence", values={"group": "12"})

    assert isinstance(reply, Ask)
    assert [option.value for option in reply.options["group"]] == ["12", "7"]


async def test_words_that_no_field_takes_are_quoted_back():
    assert said(await ask("ack", values={"group": "7"}, leftover="now please")) == (
        "I did not understand “now please”. `/oncall help ack` shows how it is written."
    )


@pytest.mark.parametrize("blank", [None, "", "  ", ()])
async def test_blank_is_missing(blank: Any):
    assert isinstance(await ask("ack", values={"group": blank}), Ask)


# ---- about a message -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened", "where"),
    [
        (Opened.MENU, {"post_id": "post-7"}),
        (Opened.MENU, {"post_id": "answer", "root_id": "post-7"}),
        (Opened.TYPED, {"root_id": "post-7"}),
    ],
)
async def test_a_command_at_an_alert_group_is_about_it(opened: Opened, where: dict[str, str]):
    assert said(await ask("ack", opened, **where)).startswith("You have #7.")


async def test_a_number_that_was_typed_is_meant_wherever_one_is():
    assert said(await ask("ack", values={"group": "99"}, root_id="post-7")) == (
        "There is no alert group 99. `/oncall list` shows the open ones."
    )


async def test_a_button_that_says_which_group_it_is_for_asks_nobody_else():
    town = Town()
    await ask("ack", Opened.BUTTON, values={"group": "7"}, post_id="post-7", town=town)

    assert town.shelf.asked == 0


async def test_a_menu_on_a_message_that_is_none_of_ours_says_so():
    reply = await ask("ack", Opened.MENU, post_id="chatter")

    assert isinstance(reply, Refuse)
    assert said(reply) == ("This message is no alert of mine. *Create alert group from this message…* makes one of it.")


async def test_a_menu_with_dots_asks_and_remembers_the_message():
    reply = await ask("silence", Opened.MENU, post_id="post-7")

    assert isinstance(reply, Ask)
    assert reply.values == {"group": "7"}
    assert reply.memory == {"post": "post-7"}


async def test_a_note_starts_with_the_text_of_its_message():
    reply = await ask("note", Opened.MENU, post_id="chatter", quoted="It was the disk")

    assert isinstance(reply, Ask)
    assert reply.values["text"] == "It was the disk"


# ---- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (NotFound(say("Gone.")), "Gone."),
        (Denied(say("No.")), "No."),
        (Busy(), "Several people changed this at the same moment. Please try again."),
        (Upstream("the channel is archived", permanent=True), "Mattermost did not do that: the channel is archived"),
        (Unavailable(), "The database cannot be reached at the moment. Please try again shortly."),
    ],
)
async def test_known_failures_are_words(problem: Exception, sentence: str):
    reply = await ask("ack", values={"group": "7"}, town=Town(shelf=BurningShelf(problem)))

    assert isinstance(reply, Refuse)
    assert said(reply) == sentence


async def test_a_crash_has_the_same_reference_in_words_and_log():
    with capture_logs() as logged:
        reply = await ask("ack", values={"group": "7"}, town=Town(shelf=BurningShelf(KeyError("s3cret"))))

    crash = next(line for line in logged if line["event"] == "command failed")
    assert said(reply) == (f"That went wrong on our side. Mention `{crash['reference']}` when you ask for help.")
    assert (crash["command"], crash["server"], crash["log_level"]) == ("ack", "S1", "error")


async def test_every_call_is_one_line_in_the_log_without_what_was_said():
    with capture_logs() as logged:
        await ask("silence", values={"group": "7", "duration": "2h", "reason": "s3cret"})

    (line,) = logged
    assert line == {
        "event": "call",
        "command": "silence",
        "server": "S1",
        "opened": "typed",
        "reply": "Say",
        "log_level": "info",
    }


# ---- lists to choose from ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("query", "found"), [("", ["7"]), ("disk", ["7"]), ("#7", ["7"]), ("DISK", ["7"]), ("x", [])])
async def test_options_contain_what_was_typed(query: str, found: list[str]):

    options = await Dispatch(OURS, Town()).options(call("ack"), "group", query)

    assert [option.value for option in options] == found


async def test_who_may_not_know_and_what_is_not_there_gets_no_options():
    dispatch = Dispatch(OURS, Town(role=Role.VIEWER))

    assert await dispatch.options(call("ack"), "group", "") == ()
    assert await dispatch.options(call("bogus"), "group", "") == ()
    assert await dispatch.options(call("show"), "bogus", "") == ()


@pytest.mark.parametrize("problem", [Unavailable(), Upstream("down", permanent=False), Busy()])
async def test_a_failing_list_is_empty(problem: Exception):
    assert await Dispatch(OURS, Town(shelf=BurningShelf(problem))).options(call("ack"), "group", "") == ()


async def test_a_command_may_answer_with_anything_of_the_closed_set():
    registry = Registry()

    async def answer(context: Context) -> Reply:
        """Answer."""
        return tell(say("Until {at}", at=context.now + timedelta(hours=1)))

    registry.add(Command(name="answer", run=answer, summary="Answer."))
    assert said(await Dispatch(registry, Town())(call("answer"))) == "Until 13:00"


async def test_what_was_nearly_a_command_is_suggested():
    assert said(await ask("silense")) == (
        "There is no command `silense`. Did you mean `/oncall silence`? `/oncall help` lists them all."
    )
