"""Templates: an admin sees what they make of the last payload before they count, and no alert is lost by one."""

import os
import signal
from typing import Any

import pytest

from bot.core import integrations
from bot.core.alert_group import Status
from bot.core.integrations import Integration
from bot.integrations.heartbeat import reported
from bot.integrations.kinds import KINDS
from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.test_integrations import added, url_in
from tests.scenarios.world import World

BODY = {
    "title": "Disk is full",
    "message": "97 %",
    "severity": "critical",
    "host": "db-1",
    "id": "7",
    "state": "firing",
}


async def source(world: World, people: str = "@ana") -> str:
    return url_in(await added(world, f"Checks {people} --kind webhook"))


def button_post(world: World) -> RenderedPost:
    return [post for post in world.root.desk.private if post.buttons][-1]


async def goes_on(world: World) -> str:
    """What is said above the next form; opens it where it waits behind a button."""
    if world.root.modal is not None:
        return str(world.root.modal.header)
    post = button_post(world)
    (label,) = post.buttons
    await world.root.clicks(label, post)
    assert world.root.modal is not None, world.root.notices
    return str(post.words)


async def previewed(world: World, part: str, text: str, name: str = "Checks") -> str:
    """What the preview says of a template."""
    await world.root.types(f"/oncall integration template {name} --part {part}", channel="alerts")
    assert world.root.modal is not None, world.root.notices
    await world.root.submits(text=text)
    return await goes_on(world)


async def kept(world: World, part: str, text: str, name: str = "Checks") -> str:
    shown = await previewed(world, part, text, name)
    await world.root.submits()
    assert "is saved" in world.heard("root"), world.heard("root")
    return shown


async def group(world: World, number: int = 1) -> Any:
    found = await world.services.stores.groups.by_number(world.server_id, number)
    assert found is not None
    return found


async def integration(world: World, name: str = "Checks") -> Integration:
    (found,) = [one for one in await world.services.stores.integrations.listed(world.server_id) if one.name == name]
    return found


async def test_a_template_is_tried_on_the_last_payload_and_counts_when_it_is_saved(world: World):
    url = await source(world)
    await world.send(BODY, url=url)
    shown = await previewed(world, "title", "{{ payload.host }}: {{ title }}")
    assert "Title: db-1: Disk is full" in shown
    await world.send(BODY | {"id": "8"}, url=url)
    assert (await group(world, 2)).title == "Disk is full"  # not saved yet
    await world.root.submits()
    assert "The template **Title** of Checks is saved." in world.heard("root")
    await world.send(BODY | {"id": "9"}, url=url)
    assert (await group(world, 3)).title == "db-1: Disk is full"


async def test_a_text_that_was_changed_is_shown_again_before_it_is_saved(world: World):
    await world.send(BODY, url=await source(world))
    await previewed(world, "title", "first {{ title }}")
    await world.root.submits(text="second {{ title }}")
    assert "Title: second Disk is full" in await goes_on(world)
    assert "is saved" not in world.heard("root")
    await world.root.submits()
    assert "is saved" in world.heard("root")
    assert (await integration(world)).templates == {"title": "second {{ title }}"}


async def test_the_preview_shows_the_groups_that_a_key_makes(world: World):
    await world.fire(instances=tuple(f"web-{number}" for number in range(5)))
    shown = await previewed(world, "key", "{{ alert.labels.instance }}", "Prometheus")
    assert "Alert group 1 of 5:" in shown and "Alert group 3 of 5:" in shown and "Alert group 4 of 5:" not in shown
    assert "Group key: web-0" in shown.replace("\\", "")


async def test_the_form_begins_with_what_is_kept_and_an_empty_text_is_the_default_again(world: World):
    url = await source(world)
    await kept(world, "severity", "info")
    await world.root.types("/oncall integration template Checks --part severity", channel="alerts")
    assert world.root.modal is not None and world.root.modal.values["text"] == "info"
    await world.root.submits(text="")
    await goes_on(world)
    await world.root.submits()
    assert "**Severity** of Checks has no template any more" in world.heard("root")
    await world.send(BODY, url=url)
    assert (await group(world)).severity == "critical"


async def test_a_mistake_is_told_at_the_field_with_its_line(world: World):
    await source(world)
    await world.root.types("/oncall integration template Checks --part title", channel="alerts")
    await world.root.submits(text="{{ title }}\n{% if %}")
    assert world.root.modal is not None
    assert "Line 2: " in world.root.modal.errors["text"]
    await world.root.submits(text="{{ title | upper }}")
    assert "ONCALL TEST" in await goes_on(world)  # the sample, as nothing has come yet


async def test_without_a_part_the_form_asks_which(world: World):
    await world.send(BODY, url=await source(world))
    await world.root.types("/oncall integration template Checks", channel="alerts")
    assert world.root.modal is not None
    await world.root.submits(part="title")
    assert "The last payload:" in await goes_on(world)
    assert world.root.modal is not None and "text" in world.root.modal.values


async def test_only_admins_write_templates(world: World):
    await source(world)
    await world.ana.types("/oncall integration template Checks --part title", channel="alerts")
    assert world.ana.modal is None and world.heard("ana")


async def test_a_key_groups_a_condition_ends_and_another_acknowledges(world: World):
    url = await source(world)
    await kept(world, "key", "{{ payload.host }}")
    await kept(world, "resolve", "{{ payload.note == 'all is well' }}")
    await kept(world, "acknowledge", "{{ payload.note == 'seen' }}")
    await world.send(BODY, url=url)
    await world.send(BODY | {"id": "8", "title": "Load"}, url=url)
    assert (await group(world)).alerts == 2
    await world.send(BODY | {"note": "seen"}, url=url)
    assert (await group(world)).status is Status.ACKNOWLEDGED
    for id_ in ("7", "8"):
        await world.send(BODY | {"id": id_, "note": "all is well"}, url=url)
    assert (await group(world)).status is Status.RESOLVED
    assert await world.services.stores.groups.by_number(world.server_id, 2) is None


async def test_links_stand_on_the_card(world: World):
    url = await source(world)
    await kept(world, "runbook", "https://wiki.example.com/{{ payload.host }}")
    await world.send(BODY, url=url)
    assert "https://wiki.example.com/db-1" in world.card().words


async def test_what_a_template_makes_pings_nobody_and_breaks_nothing(world: World):
    url = await source(world)
    await kept(world, "title", "@all **{{ payload.evil }}** <script>alert(1)</script>")
    await kept(world, "summary", "@channel [click](https://evil.example.com) {{ payload.evil }}")
    await world.send(BODY | {"evil": "@here `x` </div>\n# big"}, url=url)
    words = world.card().words
    for name in ("@all", "@channel", "@here"):
        assert name not in words
    assert "[click](" not in words and "**@" not in words
    await world.root.types("/oncall integration template Checks --part title", channel="alerts")
    assert "@here" not in world.root.modal.header and "@all" not in world.root.modal.header


async def test_a_template_that_fails_loses_nothing_and_is_told_once(world: World):
    url = await source(world)
    await world.send(BODY | {"count": 1}, url=url)
    await kept(world, "title", "{{ payload.count + 1 }}")
    for number in ("11", "12"):
        await world.send(BODY | {"id": number, "count": "many"}, url=url)
        await world.services.notices.written()
        await world.settle()
    assert [(await group(world, number)).title for number in (2, 3)] == ["Disk is full", "Disk is full"]
    told = [post.words for post in world.cards() if "could not be used" in post.words]
    assert len(told) == 1, told
    assert "The template **Title** of **Checks** could not be used" in told[0]
    await world.send(BODY | {"id": "13", "count": 1}, url=url)
    assert (await group(world, 4)).title == "2"


async def test_killing_the_rendering_process_loses_nothing(world: World):
    url = await source(world)
    await kept(world, "title", "{{ payload.host }}")
    templating = world.services.reception.templating
    for number in range(3):
        for pid in templating.pids:
            os.kill(pid, signal.SIGKILL)
        await world.send(BODY | {"id": f"k{number}"}, url=url)
        assert (await group(world, number + 1)).title == "db-1"


@pytest.mark.parametrize("surface", ["native-12.0"])
async def test_the_last_payload_is_kept_once_a_minute_without_keys_and_goes_with_its_server(world: World):
    shown = await added(world, "Pager @ana --kind pagerduty")
    key = shown.partition("Integration key: ")[2].split()[0]
    event = {"payload": {"summary": "Disk", "source": "db", "severity": "error"}, "event_action": "trigger"}
    payloads = world.services.stores.payloads
    one = await integration(world, "Pager")
    for summary in ("first", "second"):
        body = event | {"routing_key": key, "payload": event["payload"] | {"summary": summary}}
        await world.send(body, url=f"{world.url}/v2/enqueue")
    last = (await payloads.last(world.server_id, one.id)).decode()
    assert "first" in last and key not in last
    await world.pass_time(minutes=1)
    await world.send(event | {"routing_key": key}, url=f"{world.url}/v2/enqueue")
    assert "Disk" in (await payloads.last(world.server_id, one.id)).decode()
    assert await payloads.last("another-server", one.id) == b""
    await world.services.stores.delete_server(world.server_id)
    assert await payloads.last(world.server_id, one.id) == b""


async def test_the_last_payload_goes_with_its_integration_and_no_other_does(world: World):
    payloads = world.services.stores.payloads
    await added(world, "Pager @ana --kind pagerduty")
    gone, stays = await integration(world, "Pager"), await integration(world, "Prometheus")
    payloads.note(world.server_id, gone.id, b"gone")
    payloads.note(world.server_id, stays.id, b"stays")
    await world.root.types("/oncall integration remove Pager", channel="alerts")
    assert "Pager is removed." in world.root.sees
    assert await payloads.last(world.server_id, gone.id) == b""
    assert await payloads.last(world.server_id, stays.id) == b"stays"


async def test_the_longest_template_comes_through_whole(world: World):
    await world.send(BODY, url=await source(world))
    text = "{# " + "ä" * 1_480 + " #}{{ title }}, whole"
    assert 2_900 < len(text.encode()) <= 3_000
    assert "Disk is full, whole" in await kept(world, "title", text)
    assert (await integration(world)).templates["title"] == text
    await world.root.types("/oncall integration template Checks --part title", channel="alerts")
    await world.root.submits(text=text + "ä" * 20)
    assert world.root.modal is not None and world.root.modal.errors["text"] == "At most 3000 bytes, please."


async def test_every_kind_has_a_preview(world: World):
    for kind in KINDS:
        await added(world, f"{kind.name} @ana --kind {kind.name} --every 10m")
        shown = await previewed(world, "title", "{{ title }}, previewed", kind.name)
        assert ", previewed" in shown and "With a sample" in shown
        await world.root.submits()


async def test_a_sample_is_shaped_by_templates_and_is_not_taken_for_the_last_payload(world: World):
    await source(world)
    await kept(world, "title", "{{ title }}, shaped")
    await world.root.types("/oncall integration test Checks", channel="alerts")
    await world.settle()
    assert (await group(world)).title == "OnCall test, shaped"
    assert "With a sample" in await previewed(world, "title", "{{ title }}")


async def test_templates_leave_heartbeats_alone(world: World):
    await added(world, "Backup @ana --kind heartbeat --every 10m")
    await kept(world, "resolve", "{{ payload.done }}", "Backup")
    one = await integration(world, "Backup")
    payload = reported(name="Backup", missing=True, last_at=None, every_seconds=600)
    await world.services.reception.take(one, payload)
    await world.services.reception.take(one, reported(name="Backup", missing=False, last_at=None, every_seconds=600))
    assert (await group(world)).status is Status.RESOLVED


async def test_an_integration_shows_which_templates_it_has(world: World):
    await source(world)
    await kept(world, "title", "{{ title }}")
    await kept(world, "key", "{{ key }}")
    await world.ana.types("/oncall integration show Checks", channel="alerts")
    assert "Templates: Title, Group key." in world.ana.sees


async def test_a_template_of_an_integration_that_is_gone_is_not_saved(world: World):
    await source(world)
    await previewed(world, "title", "{{ title }}")
    await world.services.stores.integrations.change(
        world.server_id, (await integration(world)).id, lambda one: integrations.remove(one, now=world.clock())
    )
    await world.root.submits()
    assert "This integration is not there any more." in world.heard("root")
