"""A German among English colleagues: whatever only they see is in German, the channel stays in its own language."""

from bot.simulator.client.rendering import RenderedPost
from tests.scenarios.world import World


async def a_german(world: World, name: str = "ana") -> None:
    """Mattermost knows their language before the bot meets them."""
    world.people[name].user.locale = "de"
    await world.install()


async def test_the_help_and_the_answers_are_german(bare_world: World) -> None:
    world = bare_world
    await a_german(world)
    await world.ana.types("/oncall help silence")
    assert "`/oncall silence [Alarmgruppen] [Wie lange]`: Eine Weile niemanden alarmieren" in world.ana.sees
    assert "- `--reason`: Grund (zum Beispiel Bekannt, die Korrektur läuft)" in world.ana.sees
    await world.ana.types("/oncall help")
    assert "**Alarme**" in world.ana.sees
    await world.ana.types("/oncall list")
    assert world.ana.sees == "Alles ruhig: Kein Alarm ist offen."
    await world.ben.types("/oncall list")
    assert world.ben.sees == "All quiet: nothing is firing."


async def test_what_goes_wrong_is_told_in_german(bare_world: World) -> None:
    world = bare_world
    await a_german(world)
    await world.ana.types("/oncall show 99")
    assert world.ana.sees == "Es gibt keine Alarmgruppe 99. `/oncall list` zeigt die offenen."
    await world.fire()
    await world.ana.types("/oncall unack 1")
    assert world.ana.sees == "#1 ist nicht bestätigt."


async def test_forms_and_what_is_wrong_in_them_are_german(bare_world: World) -> None:
    world = bare_world
    await a_german(world)
    await world.fire()
    await world.ana.types("/oncall silence 1")
    modal = world.ana.modal
    assert modal is not None
    assert modal.title == "Stummschalten"
    assert "Bis die Zeit um ist, wird niemand alarmiert." in modal.header
    assert [field.label for field in modal.fields] == ["Alarmgruppen", "Wie lange", "Grund"]
    await world.ana.submits(group="1", duration="bald")
    assert world.ana.field_errors["duration"].startswith("Schreib eine Dauer wie 30m, 2h oder 1d")
    await world.ana.submits(group="1", duration="2h")
    assert world.ana.modal is None
    assert "#1 ist stummgeschaltet bis 12:00." in world.heard("ana")


async def test_pages_are_german_and_the_channel_is_english(bare_world: World) -> None:
    world = bare_world
    await a_german(world)
    await world.fire()
    [page] = german_pages(world)
    assert "Aktiv seit 10:00" in page.words
    assert "1 Alarm" in page.words
    assert page.buttons[:2] == ["Bestätigen", "Lösen"]
    assert [label for label in page.selects if "tummschalten" in label] != []
    assert "Firing since 09:00 UTC" in world.card("ana").words
    await world.ana.clicks("Bestätigen", page)
    assert "Du kümmerst dich um #1. Sonst wird dafür niemand alarmiert." in world.heard("ana")
    await world.pass_time(seconds=3)
    assert "Acknowledged by @ana" in world.card("ana").words
    assert "Bestätigt von @ana, 10:00" in german_pages(world)[0].words


async def test_why_somebody_was_not_reached_is_told_in_the_language_of_the_channel(bare_world: World) -> None:
    world = bare_world
    await world.install()
    await world.root.types("/oncall configure policy --language de")
    world.ana.user.delete_at = 1
    await world.fire()
    await world.pass_time(seconds=3)
    thread = [reply.words for reply in world.card().replies]
    assert any("ana war nicht zu alarmieren: das Mattermost-Konto ist deaktiviert" in line for line in thread), thread


async def test_an_admin_chooses_the_language_of_the_channel_and_open_posts_follow(bare_world: World) -> None:
    world = bare_world
    await world.install()
    await world.fire()
    assert "Firing since" in world.card().words
    await world.root.types("/oncall configure policy --language de")
    await world.pass_time(seconds=3)
    assert "Aktiv seit" in world.card().words
    [page] = world.pages("ana")
    assert "Firing since" in page.words


async def test_who_travels_or_changes_the_language_is_paged_accordingly(world: World) -> None:
    world.people["ana"].user.locale, world.people["ana"].user.timezone = "de", "Asia/Seoul"
    await world.fire()
    [page] = german_pages(world)
    assert "Aktiv seit 18:00" in page.words


def german_pages(world: World) -> list[RenderedPost]:
    return [post for post in world.ana.direct_messages() if "du hast Bereitschaft" in post.words]
