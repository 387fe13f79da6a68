"""Linking, decided: what goes over, what comes back, and what nobody gets by it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core import linking, people
from bot.core.people import ASSIGNED, MATTERMOST, Person, Role
from bot.core.replacing import replace
from bot.words import Reader, words

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ANA = Person(id="P1", server_id="S1", name="ana", username="ana", mattermost_user_id="U1", zone="Europe/Berlin")
PROFILE = Person(
    id="P2", server_id="S1", name="Ana Schmidt", email="ana@example.com", phone="+491512345678", link_digest="d"
)


def linked(person: Person = ANA, profile: Person = PROFILE) -> Person:
    return linking.merged(person, profile=profile, how="code", now=NOW).doc


@pytest.mark.parametrize(
    ("changes", "digest", "fits"),
    [
        ({}, "d", True),
        ({}, "e", False),
        ({"link_digest": ""}, "", False),
        ({"link_ends_at": NOW}, "d", False),
        ({"link_ends_at": None}, "d", False),
        ({"merged_into": "P9"}, "d", False),
        ({"removed_at": NOW}, "d", False),
    ],
)
def test_a_code_fits_its_profile_until_it_ends_or_the_profile_is_gone(changes, digest, fits):
    profile = replace(PROFILE, **{"link_ends_at": NOW + timedelta(minutes=10)} | changes)

    assert linking.code_fits(profile, digest, now=NOW) is fits


def test_a_profile_of_another_user_is_not_to_be_had():
    assert linking.may_take(PROFILE, ANA)
    assert linking.may_take(replace(PROFILE, mattermost_user_id="U1"), ANA)
    assert not linking.may_take(replace(PROFILE, mattermost_user_id="U2"), ANA)


def test_taking_a_profile_uses_its_code_up():
    after = linking.taken(PROFILE, person=ANA, now=NOW).doc

    assert (after.merged_into, after.link_digest, after.link_ends_at) == ("P1", "", None)
    assert after.history[-1].by == "@ana"


def test_the_profiles_data_arrives_and_mattermosts_identity_stays():
    after = linked()

    assert (after.name, after.email, after.phone) == ("Ana Schmidt", "ana@example.com", "+491512345678")
    assert (after.id, after.mattermost_user_id, after.username, after.zone) == ("P1", "U1", "ana", "Europe/Berlin")
    assert (after.linked, linking.profile_of(after), after.merging) == (True, "P2", "")


def test_arriving_twice_is_arriving_once():
    once = linked()

    assert linked(replace(once, merging="P2")) == once


def test_a_role_goes_over_only_if_an_admin_gave_it():
    viewer = replace(ANA, role=Role.VIEWER, role_from=ASSIGNED)
    assert linked(viewer).role is Role.VIEWER

    given = replace(PROFILE, role=Role.ADMIN, role_from=ASSIGNED)
    assert (linked(viewer, given).role, linked(viewer, given).role_from) == (Role.ADMIN, ASSIGNED)


def test_unlinking_takes_away_what_the_profile_brought_and_keeps_what_was_changed_since():
    changed = replace(linked(), phone="+4930123456")

    after = linking.unlinked(changed, profile=PROFILE, now=NOW).doc

    assert (after.name, after.email, after.phone, after.linked) == ("ana", "", "+4930123456", False)


@pytest.mark.parametrize(
    ("role", "left"), [(Role.ADMIN, (Role.RESPONDER, MATTERMOST)), (Role.VIEWER, (Role.VIEWER, ASSIGNED))]
)
def test_unlinking_gives_nobody_more_rights(role, left):
    profile = replace(PROFILE, role=role, role_from=ASSIGNED)

    after = linking.unlinked(linked(ANA, profile), profile=profile, now=NOW).doc

    assert (after.role, after.role_from) == left


def test_who_is_not_linked_is_told_so():
    change = linking.unlinked(ANA, profile=None, now=NOW)

    assert change.doc == ANA
    assert words(change.note, Reader(now=NOW)) == "You are not linked. `/oncall link` does that."


def test_a_profile_is_released_by_its_person_only():
    taken = linking.taken(PROFILE, person=ANA, now=NOW).doc

    assert linking.released(taken, person=ANA, now=NOW).doc.merged_into == ""
    assert linking.released(taken, person=replace(ANA, id="P9"), now=NOW).doc == taken


def test_an_abandoned_link_does_not_undo_another_one():
    begun = linking.begun(ANA, profile_id="P2").doc

    assert linking.abandoned(begun, profile_id="P2").doc == ANA
    assert linking.abandoned(begun, profile_id="P3").doc == begun


def test_a_chosen_zone_stays_and_an_empty_one_follows_mattermost_again():
    chosen = people.edit(ANA, zone="Asia/Tokyo", by="@ana", now=NOW).doc
    told = people.seen(chosen, username="ana", locale="", zone="Europe/Rome", admin=None).doc
    assert told.zone == "Asia/Tokyo"

    given_back = people.edit(told, zone="", by="@ana", now=NOW).doc
    assert people.seen(given_back, username="", locale="", zone="Europe/Rome", admin=None).doc.zone == "Europe/Rome"


def test_a_new_username_is_also_the_name_of_who_has_no_other():
    renamed = {"username": "ana.s", "locale": "", "zone": "", "admin": None}

    assert people.seen(ANA, **renamed).doc.name == "ana.s"
    assert people.seen(replace(ANA, name="Ana Schmidt"), **renamed).doc.name == "Ana Schmidt"


def test_removing_leaves_no_contact_data_and_the_history():
    after = people.remove(linked(), by="@root", now=NOW).doc

    assert (after.email, after.phone, after.mattermost_user_id, after.username) == ("", "", "", "")
    assert [event.by for event in after.history] == ["@ana", "@root"]
    assert not after.current


def test_names_are_harmless_where_there_is_no_username():
    assert "@all" not in Person(id="P3", server_id="S1", name="@all **x**").mention


def test_the_history_is_bounded():
    person = ANA
    for number in range(people.HISTORY_KEPT + 10):
        person = people.edit(person, phone=f"+{number:07d}", by="@ana", now=NOW).doc

    assert len(person.history) == people.HISTORY_KEPT
