"""Deliveries when Mattermost fails, forgets or refuses, and alert texts that want to do harm: on every surface."""

from __future__ import annotations

import html
import io
import json
import re

import pytest

from bot.core.alert_group import Status
from bot.simulator.records import Post
from tests.scenarios.world import World, payload

POSTS = "/api/v4/posts"
MATTERMOST_RUNES = 16_383
APPS_ONLY = pytest.mark.parametrize("surface", ["apps-9.5"])


# ---- answers that do not come, or come with a refusal for now ----


@pytest.mark.parametrize("lost", [1, 2, 5])
async def test_an_answer_lost_after_the_post_was_made_makes_no_second_post(world: World, lost: int) -> None:
    world.simulator.faults.drop(prefix=POSTS, method="POST", times=lost)
    await world.fire()
    await world.pass_time(minutes=4)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1
    assert world.pages("ben") == []


async def test_a_rate_limit_is_waited_for_and_the_post_comes_once(world: World) -> None:
    world.simulator.faults.rate_limit(prefix=POSTS, times=1, reset=10)
    await world.fire()
    await world.pass_time(seconds=9)
    assert world.cards() == []
    refused = world.simulator.count_requests("POST", POSTS, status=429)
    await world.pass_time(seconds=2)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1
    assert refused == 1, "the first refusal is for the whole server"


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_errors_of_the_server_pass_and_the_post_comes_once(world: World, status: int) -> None:
    world.simulator.faults.fail(status, prefix=POSTS, times=4)
    await world.fire()
    await world.pass_time(minutes=2)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1


# ---- Mattermost away for minutes ----


@pytest.mark.parametrize("minutes", [4, 14])
async def test_after_an_outage_posts_come_in_their_true_state(world: World, minutes: int) -> None:
    await world.simulator.down()
    await world.fire("StillBad")
    await world.fire("OverNow")
    await world.pass_time(minutes=1)
    await world.end("OverNow")
    await world.pass_time(minutes=minutes - 1)
    world.simulator.up()
    await world.pass_time(minutes=3)
    cards = {card.words.split()[2].rstrip("*"): card.words for card in world.cards()}
    assert cards.keys() == {"StillBad", "OverNow"}
    assert "Firing since" in cards["StillBad"]
    assert "Resolved by Prometheus" in cards["OverNow"]
    assert len(world.cards()) == 2
    [page] = world.pages("ana")
    assert "StillBad" in page.words


async def test_what_is_acknowledged_while_posts_are_refused_pages_nobody_afterwards(world: World) -> None:
    world.simulator.faults.fail(503, prefix=POSTS)
    await world.fire()
    await world.pass_time(minutes=2)
    await world.ben.types("/oncall ack 1")
    assert world.ben.sees == "You have #1. Nobody else is paged for it."
    await world.pass_time(minutes=2)
    world.simulator.faults.clear()
    await world.pass_time(minutes=10)
    assert "Acknowledged by @ben" in world.card().words
    assert world.pages("ana") == []
    assert world.pages("ben") == []


async def test_a_change_during_an_outage_is_shown_in_the_same_post(world: World) -> None:
    await world.fire()
    before = world.card()
    await world.simulator.down()
    await world.end()
    await world.pass_time(minutes=4)
    world.simulator.up()
    await world.pass_time(minutes=2)
    assert world.card().id == before.id
    assert "Resolved by Prometheus" in world.card().words
    [page] = world.pages("ana")
    assert "Resolved by Prometheus" in page.words


# ---- people who delete and remove ----


async def test_a_deleted_card_is_made_anew_when_there_is_something_to_show(world: World) -> None:
    await world.fire()
    before = world.card()
    await world.pass_time(seconds=30)
    world.simulator.posting.delete(world.root.user.id, before.id)
    assert world.cards() == []
    await world.ana.types("/oncall ack 1")
    await world.pass_time(minutes=1)
    assert world.card().id != before.id
    assert "Acknowledged by @ana" in world.card().words
    await world.root.clicks("Resolve", world.card())
    await world.pass_time(seconds=3)
    assert "Resolved by @root" in world.card().words


async def test_without_its_place_in_the_channel_the_bot_still_pages_and_tells_the_admin(world: World) -> None:
    server = await world.services.stores.servers.by_id(world.server_id)
    assert server is not None
    del world.simulator.state.channels[server.channel_id].members[server.bot_user_id]
    await world.fire()
    await world.pass_time(minutes=2)
    assert world.cards() == []
    assert len(world.pages("ana")) == 1
    assert (
        "Alerts of Prometheus cannot be posted in their channel: "
        "the bot may not post there; invite it to the channel" in world.heard("root")
    )
    assert_expected(world, lambda surprise: surprise.startswith("403 to a"))


def assert_expected(world: World, expected: object) -> None:
    """A strict Mattermost notes what surprises it; this story is about that."""
    assert callable(expected)
    assert world.simulator.surprises
    assert all(expected(surprise) for surprise in world.simulator.surprises)
    world.simulator.surprises.clear()


# ---- tokens that end (Apps framework) ----


@pytest.mark.apps(82)
@APPS_ONLY
async def test_after_15_idle_minutes_a_fresh_token_is_fetched_through_the_webhook(world: World) -> None:
    """Nobody worked meanwhile, as after a night in which the bot's process was down."""
    renewals = renewals_of(world)
    world.clock.advance(minutes=15)
    await world.fire()
    await world.pass_time(seconds=10)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1
    assert renewals_of(world) > renewals


@pytest.mark.apps(82)
@APPS_ONLY
async def test_an_idle_bot_keeps_its_token_fresh_and_never_uses_an_old_one(world: World) -> None:
    await world.pass_time(hours=1)
    renewals = renewals_of(world)
    assert renewals >= 6
    await world.fire()
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1
    assert renewals_of(world) == renewals


@pytest.mark.apps(80)
@APPS_ONLY
async def test_a_webhook_that_fails_for_minutes_only_delays_the_post(world: World) -> None:
    world.simulator.faults.fail(500, prefix="/plugins/com.mattermost.apps")
    world.clock.advance(minutes=15)
    await world.fire()
    await world.pass_time(minutes=3)
    assert world.cards() == []
    world.simulator.faults.clear()
    await world.pass_time(minutes=2)
    assert "Firing since" in world.card().words
    assert len(world.pages("ana")) == 1


def renewals_of(world: World) -> int:
    return world.simulator.count_requests("POST", "/plugins/com.mattermost.apps/apps/oncall/webhook/renew")


# ---- texts of alerts ----

HOSTILE = (
    "@all",
    "@channel: down",
    "(@here)",
    "@ben",
    "@BEN.",
    "a.@ben",
    "@@all",
    "*@all*",
    "`x`@all",
    "&#64;all",
    "&#x40;channel",
    "&commat;ben",
    "https://example.com/@all",
    "seehttps://example.com/@all",
    "https://@all",
    "[@all](https://example.com)",
    "line one\n@all",
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_an_alert_s_text_pings_nobody(world: World, text: str) -> None:
    await world.send(hostile(world, text))
    await world.send(hostile(world, text, instances=("web-1", "web-2")))
    await world.pass_time(minutes=6)
    posts = channel_posts(world)
    assert len(posts) >= 2
    assert [pinged(post) for post in posts] == [set()] * len(posts)
    for person in ("ana", "ben"):
        [page] = world.pages(person)
        assert pinged(world.simulator.state.post(page.id)) <= {person}


@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_a_card_pings_nobody_who_is_not_yet_paged(world: World) -> None:
    """@ben is named as the next in line; his turn comes in minutes."""
    await world.fire()
    assert "ben" in world.card().words
    assert [pinged(post) for post in channel_posts(world)] == [set()] * len(channel_posts(world))


MARKUP = "# Head *bold* _it_ ~~no~~ `code` | a | b | [x](javascript:alert(1)) ![i](http://e.com/i.png) <b> > quote"


async def test_an_alert_s_markup_is_shown_as_it_is_written(world: World) -> None:
    await world.send(hostile(world, MARKUP))
    card = world.card()
    title = card.text.removeprefix("🔴 **#1 ").removesuffix("**")
    assert "\n" not in card.text
    assert re.findall(r"(?<!\\)[`*_~\[\]<>|#!]", title) == []
    assert re.sub(r"\\(.)", r"\1", title).replace("&lt;", "<") == MARKUP
    assert "Acknowledge" in card.buttons


@pytest.mark.parametrize("filling", ["x", "é", "🔥", "@all ", "*", "word ", "line\n"])
@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1"])
async def test_texts_beyond_all_limits_are_cut_and_posted(world: World, filling: str) -> None:
    long = filling * (20_000 // len(filling))
    body = hostile(world, long, instances=tuple(f"web-{number}" for number in range(20)))
    for number, alert in enumerate(body["alerts"]):
        alert["labels"] |= {f"label{place}": f"{number} {long[:1000]}" for place in range(10)}
    sent = io.BytesIO(json.dumps(body, ensure_ascii=False).encode())
    async with world.session.post(world.alert_url, data=sent) as answer:
        assert answer.status == 202, await answer.text()
    await world.settle()
    card = world.card()
    post = world.simulator.state.post(card.id)
    assert 0 < len(post.message) <= MATTERMOST_RUNES
    assert "Acknowledge" in card.buttons
    assert len(world.pages("ana")) == 1
    await world.ana.clicks("Acknowledge", world.card("ana"))
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ana" in world.card().words
    [group] = await world.services.stores.groups.listed(world.server_id, list(Status), 10)
    assert group.alerts == 20


def hostile(world: World, text: str, *, instances: tuple[str, ...] = ("web-1",)) -> dict:
    """The text wherever a monitoring system may put one."""
    body = payload(text, firing=instances, now=world.clock(), summary=text, severity=text)
    for alert in body["alerts"]:
        alert["labels"] |= {"cluster": text}
        alert["annotations"] |= {"description": text, "runbook_url": f"https://example.com/{text}"}
    body["commonLabels"] |= {"cluster": text}
    return body


def channel_posts(world: World) -> list[Post]:
    server_channel = world.root.desk.channel("alerts")
    users = world.simulator.state.users
    return [post for post in server_channel.posts if users[post.user_id].is_bot]


LINK_TARGET = re.compile(r"(?<!\\)\]\([^()\s]*\)")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|&#?\w+;")
SEPARATORS = re.compile(r"[^\w:.\-@]+")


def pinged(post: Post) -> set[str]:
    """Whom Mattermost would notify, at worst: its rules without the exceptions it makes for code and web addresses.

    Escapes and character references are resolved first, texts of attachments and values of fields count but not where
    a link leads, words end at everything but letters, digits and `:.-_@` (Mattermost server source).
    """
    attachments = post.props.get("attachments") or []
    bindings = post.props.get("app_bindings") or []
    texts = [
        post.message,
        *(one.get("pretext") or "" for one in attachments),
        *(one.get("text") or "" for one in attachments),
        *(str(field["value"]) for one in attachments for field in one.get("fields") or []),
        *(one.get("description") or "" for one in bindings),
    ]
    known = {"all", "channel", "here", "root", "ana", "ben", "cho"}
    return {word for text in texts for word in _words(text)} & known


def _words(text: str) -> set[str]:
    plain = ESCAPED.sub(lambda found: found[1] or html.unescape(found[0]), LINK_TARGET.sub("]", text))
    found = set()
    for word in SEPARATORS.split(plain.lower()):
        for piece in (word.strip(":.-_"), *re.split(r"[.:\-]", word)):
            if piece.startswith("@"):
                found.add(piece[1:])
    return found


@pytest.mark.parametrize("surface", ["apps-9.5"])
async def test_a_token_that_mattermost_revokes_is_replaced_by_the_next_it_brings(world: World) -> None:
    assert world.simulator.apps is not None
    world.simulator.apps.sessions.revoke("oncall")
    world.simulator.apps.sessions.forget("oncall")
    await world.fire()
    for _ in range(5):
        await world.pass_time(seconds=2)
    assert len(world.cards()) == 1
    assert len(world.pages("ana")) == 1
