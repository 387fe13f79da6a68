"""A choice in a form that changes its other fields: at once where the client can, in a next step where it cannot."""

import pytest

from tests.scenarios.world import World

every_version = pytest.mark.parametrize(
    "surface", ["apps-9.5", "native-9.5", "native-10.11", "native-11.0", "native-11.1", "native-11.10", "native-12.0"]
)


def fields(world: World) -> list[str]:
    assert world.root.modal is not None, world.root.notices
    return list(world.root.modal.values)


async def open_form(world: World, typed: str = "") -> None:
    await world.root.types(f"/oncall integration add {typed}".strip(), channel="alerts")
    assert world.root.modal is not None, world.root.notices


async def goes_on(world: World) -> None:
    """Where a dialog cannot follow a dialog, a message that only they see has a button that opens the next."""
    assert world.root.modal is None
    private = [post for post in world.root.posts("alerts") if post.is_private and "Add…" in post.buttons]
    assert "What you chose needs a little more." in private[-1].words
    await world.root.clicks("Add…", private[-1])


@every_version
async def test_a_heartbeat_is_asked_for_its_rhythm_and_nothing_that_was_filled_in_is_lost(world: World):
    await open_form(world)
    assert "every" not in fields(world)
    assert "group_by" in fields(world)
    await world.root.changes("name", "Nightly backup")
    await world.root.changes("wait_minutes", "7")
    await world.root.changes("kind", "heartbeat")
    if "every" not in fields(world):
        world.clock.advance(seconds=5)
        await world.root.submits()
        await goes_on(world)
    assert world.root.modal is not None
    assert "group_by" not in fields(world)
    assert world.root.modal.values["name"] == "Nightly backup"
    assert world.root.modal.values["wait_minutes"] == "7"
    assert world.root.modal.values["kind"] == "heartbeat"
    await world.root.submits(every="10m", grace="2m")
    assert world.root.modal is None, world.root.field_errors
    assert "**Nightly backup is added.**" in world.heard("root")
    await world.root.types("/oncall integration show Nightly backup", channel="alerts")
    assert "Must report every 10 minutes to" in world.root.sees


@every_version
async def test_what_was_chosen_when_the_form_opened_is_asked_at_once(world: World):
    await open_form(world, "--kind heartbeat")

    assert [name for name in ("group_by", "every", "grace") if name in fields(world)] == ["every", "grace"]


@every_version
async def test_what_was_typed_and_does_not_fit_the_form_is_said_and_not_dropped_in_silence(world: World):
    await open_form(world, "--kind pagerduty --group-by cluster --every 10m")
    assert "group_by" not in fields(world) and world.root.modal is not None
    left_out = "Left out, because it does not go with what is chosen: `--group-by --every`."
    assert left_out in world.root.modal.header
    await open_form(world, "--kind alertmanager --group-by cluster")
    assert "Left out" not in world.root.modal.header
    assert world.root.modal.values["group_by"] == "cluster"


@every_version
async def test_people_who_were_chosen_stay_chosen(world: World):
    await open_form(world)
    people = world.root.modal.field("people") if world.root.modal else None
    assert people is not None
    await world.root.changes("people", ["ana", "ben"] if people.multiselect else "@ana @ben")
    shown = people.value
    await world.root.changes("name", "Backup")
    await world.root.changes("kind", "heartbeat")
    if "every" not in fields(world):
        world.clock.advance(seconds=5)
        await world.root.submits()
        await goes_on(world)
    assert world.root.modal is not None
    again = world.root.modal.field("people").value
    assert (again.replace(",", "") if isinstance(again, str) else again) == shown
    await world.root.submits(every="1h")
    assert "Paged in this order: @ana, @ben." in world.heard("root")


@every_version
async def test_a_mistake_in_what_is_seen_comes_before_the_next_step(world: World):
    await open_form(world)
    await world.root.submits(kind="grafana", wait_minutes="0", name="Dashboards")

    assert world.root.field_errors == {"wait_minutes": "Choose a number from 1 to 1440."}
    await world.root.submits(wait_minutes="3")
    assert world.root.modal is None
    assert "**Dashboards is added.**" in world.heard("root")


@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.1", "native-12.0"])
async def test_what_stood_in_a_field_that_went_away_does_not_count(world: World):
    await open_form(world)
    await world.root.changes("name", "Dashboards")
    await world.root.changes("group_by", "cluster")
    await world.root.changes("kind", "pagerduty")
    assert "group_by" not in fields(world)
    await world.root.changes("kind", "alertmanager")
    assert "group_by" in fields(world)
    await world.root.changes("kind", "pagerduty")
    await world.root.submits()
    assert "**Dashboards is added.**" in world.heard("root")


@pytest.mark.parametrize("surface", ["apps-9.5", "native-11.10"])
async def test_a_client_that_did_not_draw_anew_is_given_the_form_again(world: World):
    """Whoever submits before the new fields have come must not be told about fields that they do not see."""
    await open_form(world)
    modal = world.root.modal
    assert modal is not None
    modal.field("kind").refresh = False
    world.clock.advance(seconds=5)
    await world.root.submits(name="Backup", kind="heartbeat")

    assert world.root.modal is modal
    assert "every" in fields(world)
    assert "What you chose needs a little more." in modal.header
    await world.root.submits(every="10m")
    assert "**Backup is added.**" in world.heard("root")


@pytest.mark.parametrize("surface", ["native-9.5"])
async def test_the_button_that_goes_on_is_for_the_person_who_filled_in(world: World):
    await open_form(world)
    await world.root.submits(name="Backup", kind="heartbeat")
    private = [post for post in world.root.posts("alerts") if "Add…" in post.buttons][-1]

    assert all("Add…" not in post.buttons for post in world.ana.posts("alerts"))
    await world.root.clicks("Add…", private)
    await world.root.cancels()
    await world.root.clicks("Add…", private)
    assert world.root.modal is not None
    assert world.root.modal.values["name"] == "Backup"
