"""The page's server side: who may act, what a screen's picture holds, and that it follows events."""

import asyncio
import json

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from bot.simulator.page import PageSettings, Sample, Step, routes
from bot.simulator.server import Simulator
from tests.simulator.client_world import TalkingBot, Town, run


class Browser:
    """Speaks to the page as its script does."""

    def __init__(self, simulator: Simulator, person: str = "ana") -> None:
        self.simulator = simulator
        self.person = person
        self.socket = None

    async def send(self, intent, headers=None, **body):
        request = HTTPRequest(
            f"{self.simulator.url}/sim/intent",
            method="POST",
            headers={"Content-Type": "application/json", **(headers or {})},
            body=json.dumps({"person": self.person, "intent": intent, **body}),
        )
        response = await AsyncHTTPClient().fetch(request)
        self.cookies = response.headers.get_list("Set-Cookie")
        return json.loads(response.body)

    async def watch(self):
        self.socket = await websocket_connect(f"ws://127.0.0.1:{self.simulator.url[17:]}/sim/live?person={self.person}")
        return await self.sees(lambda picture: True)

    async def sees(self, wanted):
        """The first picture that fulfils a condition."""
        async with asyncio.timeout(60):
            while True:
                picture = json.loads(await self.socket.read_message())
                if wanted(picture):
                    return picture


def page_story(**options):
    def wrap(test):
        def told():
            run(_tell(test, options))

        told.__name__ = test.__name__
        return told

    return wrap


async def _tell(test, options):
    bot = TalkingBot()
    simulator = Simulator(**{"version": "9.5", **options})
    fired = []

    async def fire(name):
        fired.append(name)
        return f"Fired {name}."

    site = PageSettings(
        title="Demo",
        people=("ana", "ben"),
        start_channel="incidents",
        siblings=(("Native v9.5", "http://here"), ("Apps", "http://there")),
        samples=(Sample(name="disk", label="Disk full"),),
        fire=fire,
        hint="Press **Fire**.",
        hints={"ben": "Nobody pages you."},
        tour=(Step(title="First", text="Look at `this`.", at=("fire-alert",), then="card"),),
    )
    simulator.add_routes(routes(simulator, site))
    await simulator.start()
    town = Town(simulator, bot)
    town.fired = fired
    browser = Browser(simulator)
    try:
        await test(town, browser)
    finally:
        if browser.socket:
            browser.socket.close()
            while await browser.socket.read_message() is not None:
                """Read to the end, so that the connection is closed on both sides."""
        await bot.close()
        await simulator.stop()


@page_story()
async def test_the_document_forbids_everything_foreign(town, browser):
    response = await AsyncHTTPClient().fetch(f"{town.simulator.url}/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    document = response.body.decode()
    assert "<script>" not in document
    assert "style=" not in document
    assert " on" not in [part[:3] for part in document.split('"')]
    script = await AsyncHTTPClient().fetch(f"{town.simulator.url}/sim/static/app.js")
    assert script.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Content-Type": "text/plain"}]
)
def test_other_sites_cannot_act(headers):
    @page_story()
    async def told(town, browser):
        with pytest.raises(HTTPClientError) as refused:
            await browser.send("type", headers=headers, text="hello")
        assert refused.value.code == 403
        assert town.incidents.posts == []

    told()


@page_story()
async def test_the_picture_follows_what_happens(town, browser):
    first = await browser.watch()
    assert (first["title"], first["me"]["username"], first["posts"]) == ("Demo", "ana", [])
    assert [one["name"] for one in first["channels"]] == ["incidents", "town-square"]
    assert (first["samples"][0]["label"], first["surface"]) == ("Disk full", "Native v9.5")
    await town.bot_posts("disk full")
    picture = await browser.sees(lambda one: one["posts"])
    assert (picture["posts"][0]["text"], picture["posts"][0]["is_bot"]) == ("disk full", True)


@page_story()
async def test_the_picture_brings_the_tour_and_the_hint_for_this_person(town, browser):
    browser.person = "ben"
    picture = await browser.watch()
    assert picture["tour"] == [{"title": "First", "text": "Look at `this`.", "at": ["fire-alert"], "then": "card"}]
    assert (picture["hint"], picture["start"]) == ("Nobody pages you.", "incidents")


@page_story()
async def test_unread_counts_stand_until_the_channel_is_opened(town, browser):
    await browser.watch()
    direct = town.simulator.state.direct_channel(town.ana.id, town.account.id)
    await town.bot_posts("You are paged", channel=direct.id)
    picture = await browser.sees(lambda one: one["directs"])
    assert (picture["directs"][0]["name"], picture["directs"][0]["unread"]) == ("oncall", 1)
    await browser.send("open", channel=direct.id)
    picture = await browser.sees(lambda one: one["channel"]["id"] == direct.id)
    await browser.send("open", channel=town.incidents.id)
    picture = await browser.sees(lambda one: one["channel"]["id"] == town.incidents.id)
    assert picture["directs"][0]["unread"] == 0


@page_story()
async def test_buttons_and_dialogs_work_from_the_page(town, browser):
    await town.make_command()
    element = {"display_name": "Reason", "name": "why", "type": "text"}

    async def action(body):
        await town.open_dialog(body["trigger_id"], {"title": "Why", "elements": [element]})
        return {}

    town.bot.answers |= {"/action": action, "/dialog": {"errors": {"why": "Longer"}}}
    post = await town.bot_posts("", attachments=[{"fallback": "x", "title": "DB", "actions": [town.button()]}])
    await browser.watch()
    await browser.send("click", post=post, index=0, label="Acknowledge")
    picture = await browser.sees(lambda one: one["modal"])
    assert [field["name"] for field in picture["modal"]["fields"]] == ["why"]
    await browser.send("submit", values={"why": "x"}, button="")
    picture = await browser.sees(lambda one: one["modal"] and one["modal"]["errors"])
    assert picture["modal"]["errors"] == {"why": "Longer"}
    assert picture["modal"]["fields"][0]["value"] == "x"
    await browser.send("cancel")
    await browser.sees(lambda one: one["modal"] is None)


@page_story()
async def test_what_is_gone_is_told_in_words(town, browser):
    post = await town.bot_posts("plain")
    for intent, body in [
        ("click", {"post": post, "index": 0, "label": "Acknowledge"}),
        ("dance", {}),
        ("submit", {"values": {}}),
        ("open", {"channel": "nowhere"}),
    ]:
        with pytest.raises(HTTPClientError) as refused:
            await browser.send(intent, **body)
        assert refused.value.code == 409
        assert json.loads(refused.value.response.body)["error"]


@page_story()
async def test_only_listed_people_can_be_played(town, browser):
    with pytest.raises(HTTPClientError) as refused:
        await Browser(town.simulator, "admin").send("type", text="hello")
    assert refused.value.code == 409


@page_story()
async def test_sample_alerts_are_fired(town, browser):
    assert await browser.send("fire", sample="disk") == {"said": "Fired disk."}
    assert town.fired == ["disk"]


@page_story()
async def test_entering_gives_the_browser_a_session(town, browser):
    await browser.send("enter")
    assert browser.cookies[0].startswith("MMAUTHTOKEN=")
    assert "HttpOnly" in browser.cookies[0]


@page_story()
async def test_drafts_with_errors_are_kept_and_suggestions_offered(town, browser):
    await town.make_command()
    town.bot.answers["/command"] = 500
    assert await browser.send("type", text="/oncall who") == {"kept": True}
    town.bot.answers["/command"] = {}
    assert await browser.send("type", text="/oncall who") == {"kept": False}
    found = await browser.send("suggest", text="/on")
    assert [one["complete"] for one in found["suggestions"]] == ["/oncall "]


@page_story(apps=True)
async def test_bindings_arrive_after_the_first_picture(town, browser):
    await town.install()
    await browser.watch()
    picture = await browser.sees(lambda one: one["apps"]["header"])
    assert picture["apps"] == {"header": ["Who is on call"], "menu": ["Page on-call"]}
