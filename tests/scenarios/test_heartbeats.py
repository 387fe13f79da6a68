"""Jobs that report, stop to, and come back."""

import re

import pytest

from tests.scenarios.world import World

OK, NOT_FOUND, NOT_ALLOWED = 200, 404, 405


async def added(world: World, command: str) -> str:
    """The key."""
    await world.root.types(f"/oncall integration add {command}", channel="alerts")
    found = re.search(r"/(?:heartbeat|alertmanager)/([A-Za-z0-9]{32})/", world.root.sees)
    assert found, world.root.notices
    return found.group(1)


async def reports(world: World, path: str, method: str = "GET") -> int:
    async with world.session.request(method, f"{world.url}{path}") as answer:
        await answer.read()
    await world.settle()
    return answer.status


async def test_a_missing_report_opens_an_alert_group_and_the_next_one_resolves_it(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m --grace 2m")
    await world.pass_time(hours=1)
    assert world.cards() == []  # it never reported, so it does not miss
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(minutes=11)
    assert await reports(world, f"/heartbeat/{key}", "POST") == OK
    await world.pass_time(minutes=11, seconds=59)
    assert world.cards() == []
    await world.pass_time(seconds=1)
    assert "#1 Backup has not reported since 2026-03-02 " in world.card().words
    assert "It should report every 10 minutes." in world.card().words
    assert len(world.pages("ana")) == 1
    await world.pass_time(hours=1)
    assert len(world.cards()) == 1
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(seconds=3)
    assert "Resolved by Backup" in world.card().words


async def test_any_integration_may_have_a_heartbeat(world: World):
    key = await added(world, "Cluster @ana --every 5m")
    assert await reports(world, f"/integrations/v1/alertmanager/{key}/heartbeat/", "POST") == OK
    await world.ana.types("/oncall integration show Cluster", channel="alerts")
    assert "Must report every 5 minutes to " in world.ana.sees and "last report at 10:00" in world.ana.sees
    await world.pass_time(minutes=6)
    assert "Cluster has not reported" in world.card().words
    await world.ana.types("/oncall integration show Cluster", channel="alerts")
    assert "missing since 10:00" in world.ana.sees


async def test_what_is_still_missing_is_not_closed_for_being_quiet(world: World):
    await world.root.types("/oncall configure retention --close 1", channel="alerts")
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    world.clock.advance(seconds=2)
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(minutes=12)
    await world.fire()
    world.clock.advance(hours=25)
    await world.settle()
    await world.pass_time(seconds=5)

    missing, other = sorted(world.cards(), key=lambda post: "Backup" not in post.words)
    assert "has not reported" in missing.words and "Resolved" not in missing.words
    assert "Resolved by OnCall" in other.words


async def test_a_heartbeat_is_given_to_one_that_exists(world: World):
    key = world.alert_url.rstrip("/").rpartition("/")[2]
    assert await reports(world, f"/heartbeat/{key}/") == NOT_FOUND
    await world.root.types("/oncall integration heartbeat Prometheus 1 hour 5 minutes", channel="alerts")
    assert "Prometheus must report every hour from its next report on." in world.root.sees
    assert f"`{world.url}/heartbeat/YOUR-KEY/`" in world.root.sees
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(hours=1, minutes=5)
    assert "Prometheus has not reported" in world.card().words


async def test_what_is_paused_is_not_missed_and_is_shown_with_its_reason(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.root.types("/oncall heartbeat pause Backup 2 hours Moving to another host", channel="alerts")
    assert "**Backup is not missed until 11:00 UTC.**" in world.root.sees
    for command in ("heartbeat list", "integration show Backup"):
        await world.ana.types(f"/oncall {command}", channel="alerts")
        assert "paused by @root until 12:00: Moving to another host" in world.ana.sees
    await world.pass_time(hours=2, minutes=10)
    assert world.cards() == []
    await world.pass_time(minutes=1)
    assert "Backup has not reported since" in world.card().words and len(world.pages("ana")) == 1


async def test_a_pause_ends_early_and_a_job_that_reports_is_not_missed(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.root.types("/oncall heartbeat resume Backup", channel="alerts")
    assert "It is not paused." in world.root.sees
    await world.root.types("/oncall heartbeat pause Backup 8h", channel="alerts")
    await world.pass_time(hours=1)
    await world.root.types("/oncall heartbeat resume Backup", channel="alerts")
    assert "it is missed if it does not report until 10:11 UTC." in world.root.sees
    await world.pass_time(minutes=9)
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(minutes=10)
    assert world.cards() == []
    await world.pass_time(minutes=1)
    assert "Backup has not reported since" in world.card().words


async def test_pausing_from_a_form_says_what_is_missing_already(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.pass_time(minutes=11)
    await world.root.types("/oncall heartbeat pause Backup", channel="alerts")
    assert world.root.modal is not None
    await world.root.submits(duration="1d", reason="The host is gone")
    assert "It is missing already; its alert group stays open" in world.heard("root")
    assert await reports(world, f"/heartbeat/{key}/") == OK
    await world.pass_time(seconds=3)
    assert "Resolved by Backup" in world.card().words


async def test_a_heartbeat_is_taken_away_and_the_integration_stays(world: World):
    key = await added(world, "Cluster @ana --every 5m")
    path = f"/integrations/v1/alertmanager/{key}/"
    assert await reports(world, f"{path}heartbeat/") == OK
    await world.root.types("/oncall heartbeat remove Cluster", channel="alerts")
    assert "No reports of Cluster are expected any more." in world.root.sees
    await world.pass_time(hours=1)
    assert world.cards() == []
    assert await reports(world, f"{path}heartbeat/") == NOT_FOUND
    await world.root.types("/oncall heartbeat list", channel="alerts")
    assert "There is no heartbeat yet." in world.root.sees
    for command in ("pause Cluster 1h", "resume Cluster", "remove Cluster"):
        await world.root.types(f"/oncall heartbeat {command}", channel="alerts")
        assert "Cluster has no heartbeat." in world.root.sees
    await world.root.types("/oncall integration heartbeat Cluster 1h", channel="alerts")
    assert await reports(world, f"{path}heartbeat/") == OK


@pytest.mark.parametrize("started", ["Backup 2h Moving", 'all 2h --labels "heartbeat=Backup"'])
async def test_maintenance_keeps_a_missing_heartbeat_silent(world: World, started: str):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.root.types(f"/oncall maintenance start {started}", channel="alerts")
    await world.pass_time(minutes=11)
    assert any("Backup has not reported" in card.words for card in world.cards()) and world.pages("ana") == []
    await world.pass_time(hours=2)
    assert len(world.pages("ana")) == 1


async def test_only_admins_pause_heartbeats(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.ben.types("/oncall heartbeat pause Backup 2h", channel="alerts")
    assert "is not missed until" not in world.ben.sees
    await world.pass_time(minutes=11)
    assert "Backup has not reported" in world.card().words


async def test_a_removed_integration_is_not_missed(world: World):
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    await reports(world, f"/heartbeat/{key}/")
    await world.root.types("/oncall integration remove Backup", channel="alerts")
    await world.pass_time(minutes=30)
    assert world.cards() == []
    assert await reports(world, f"/heartbeat/{key}/") == NOT_FOUND


@pytest.mark.parametrize("surface", ["native-11.1"])
async def test_what_is_refused(world: World):
    assert await reports(world, "/heartbeat/nobody/") == NOT_FOUND
    assert await reports(world, "/heartbeat/nobody/", "DELETE") == NOT_ALLOWED
    key = await added(world, "Backup @ana --kind heartbeat --every 10m")
    assert await reports(world, f"/integrations/v1/alertmanager/{key}/heartbeat/") == NOT_FOUND
    assert await reports(world, f"/integrations/v1/heartbeat/{key}/", "POST") == OK
    await world.root.types("/oncall integration add Other --kind heartbeat", channel="alerts")
    assert world.root.modal is not None
    assert world.root.modal.field("every").required
