"""People and integrations: roles, what Mattermost says about somebody, and the line of people to page."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core import integrations, people
from bot.core.alert_group import Step
from bot.core.integrations import Integration
from bot.core.people import Person, Role
from bot.words import Reader, words

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ANA = Person(id="P1", server_id="S1", name="ana", username="ana", locale="de", zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {Role.VIEWER}),
        (Role.RESPONDER, {Role.VIEWER, Role.RESPONDER}),
        (Role.ADMIN, {Role.VIEWER, Role.RESPONDER, Role.ADMIN}),
    ],
)
def test_each_role_may_what_the_ones_before_it_may(role: Role, may: set[Role]):
    assert {needed for needed in Role if role.includes(needed)} == may


def test_what_mattermost_leaves_out_is_kept():
    after = people.seen(ANA, username="", locale="", zone="", admin=None).doc

    assert after == ANA


def test_mattermost_decides_the_role_until_an_admin_of_ours_does():
    promoted = people.seen(ANA, username="ana2", locale="", zone="", admin=True).doc
    assert (promoted.role, promoted.username) == (Role.ADMIN, "ana2")

    assigned = people.assign_role(ANA, role=Role.VIEWER, by="@eve", now=NOW)
    assert people.seen(assigned.doc, username="", locale="", zone="", admin=True).doc.role is Role.VIEWER


def test_somebody_without_a_username_is_called_by_name():
    assert Person(id="P2", server_id="S1", name="Ben Smith").mention == "Ben Smith"
    assert ANA.mention == "@ana"


def integration(**fields) -> Integration:
    known = {"id": "I1", "server_id": "S1", "name": "Prod", "kind": "alertmanager", "key_digests": ("d",)}
    return Integration(**{**known, "created_at": NOW, **fields})


def test_the_first_is_paged_at_once_and_the_others_one_wait_apart():
    chain = integration(people=("ana", "ben", "cho"), wait_minutes=10).chain

    assert chain == (
        Step(wait=0, people=("ana",)),
        Step(wait=600, people=("ben",)),
        Step(wait=600, people=("cho",)),
    )


def test_an_integration_without_people_pages_nobody():
    assert integration().chain == ()


def test_a_removed_integration_has_no_key_any_more():
    change = integrations.remove(integration(), now=NOW)
    assert change.doc.key_digests == ()
    assert words(change.note, Reader(now=NOW)) == "Prod is removed. Its URL is refused from now on."

    again = integrations.remove(change.doc, now=NOW + timedelta(days=1))
    assert again.doc is change.doc
    assert words(again.note, Reader(now=NOW)) == "Prod is already removed."
