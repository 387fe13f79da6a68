"""Pickers of days and times: what each version reads of their limits, and what can be picked in them."""

from datetime import date
from typing import Any

import pytest

from bot.simulator.client import dialog
from bot.simulator.client.modal import Modal, ModalField, fill
from bot.simulator.native import dialog_checks
from bot.simulator.profiles import VERSIONS, profile_of

BEFORE_PICKERS = [version for version in VERSIONS if profile_of(version).number < (11, 1)]


class Nobody:
    """Knows no names."""

    def user(self, name: str) -> dict[str, str] | None:
        return None

    user_by_id = channel = channel_by_id = user


def element(**more: Any) -> dict[str, Any]:
    return {"display_name": "Begins", "name": "begins", "type": "datetime", **more}


def problems(version: str, **more: Any) -> list[str]:
    sent = {"title": "Plan", "elements": [element(**more)]}
    return dialog_checks.problems(sent, profile_of(version))


def shown(version: str, **more: Any) -> ModalField:
    sent = {"title": "Plan", "elements": [element(**more)]}
    profile = profile_of(version)
    modal = Modal(title="", origin=None)  # type: ignore[arg-type]
    drawer = dialog.Drawer(
        known=profile.element_types, directory=Nobody(), zone="Europe/Berlin", today=date(2026, 3, 2)
    )
    dialog.draw(modal, dialog_checks.kept(sent, profile), drawer)
    return modal.fields[0]


@pytest.mark.parametrize("version", BEFORE_PICKERS)
def test_servers_without_pickers_say_so_and_their_clients_draw_nothing(version: str):
    assert problems(version) == [f"element 'begins': type 'datetime' is unknown in {version}"]
    assert shown(version).kind == "unknown"


@pytest.mark.parametrize(
    ("version", "more", "problem"),
    [
        ("11.1", {"datetime_config": {"time_interval": 15}}, "datetime_config is unknown in 11.1"),
        ("12.0", {"time_interval": 15}, "limits beside datetime_config are ignored in 12.0"),
        ("11.7", {"time_interval": 7}, "time_interval 7 is no divisor of 1440"),
        ("11.7", {"min_date": "soon"}, "min_date 'soon' is no day"),
        ("11.7", {"default": "2026-03-02 18:00"}, "default '2026-03-02 18:00' is no datetime"),
        ("11.7", {"type": "date", "default": "2.3.2026"}, "default '2.3.2026' is no date"),
    ],
)
def test_what_a_server_does_not_read_is_noted(version: str, more: dict[str, Any], problem: str):
    assert problems(version, **more) == [f"element 'begins': {problem}"]


@pytest.mark.parametrize(
    "more",
    [
        {"default": "2026-03-02T18:00:00Z", "min_date": "+3d", "time_interval": 15},
        {"default": "tomorrow", "max_date": "2026-12-31"},
        {"type": "date", "default": "2026-03-02", "datetime_config": {"min_date": "today"}},
    ],
)
def test_what_a_server_reads_is_right(more: dict[str, Any]):
    assert problems("11.7", **more) == []


def test_limits_that_a_version_does_not_read_do_not_hold():
    beside, within = {"time_interval": 15}, {"datetime_config": {"time_interval": 15}}

    assert [shown(version, **beside).interval for version in ("11.1", "11.7", "12.0")] == [15, 15, 60]
    assert [shown(version, **within).interval for version in ("11.1", "11.7", "12.0")] == [60, 15, 15]
    assert shown("12.0", datetime_config={"min_date": "today"}).earliest == "2026-03-02"


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("2026-03-02 18:00", "2026-03-02T18:00:00+01:00"),
        ("2026-07-02T18:00", "2026-07-02T18:00:00+02:00"),
        ("2026-03-02T18:00:00Z", "2026-03-02T19:00:00+01:00"),
        ("", None),
    ],
)
def test_a_time_is_picked_on_the_persons_clock(given: str, value: str | None):
    field = shown("12.0")
    fill(field, given, Nobody())

    assert field.value == value


@pytest.mark.parametrize("given", ["tomorrow 9:00", "2026-03-01 18:00", "2026-03-02 18:10", "18:00"])
def test_what_a_picker_does_not_offer_cannot_be_picked(given: str):
    field = shown("12.0", datetime_config={"min_date": "2026-03-02", "time_interval": 15})

    with pytest.raises(LookupError):
        fill(field, given, Nobody())


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        ("date", "tomorrow", "2026-03-03"),
        ("date", "2026-03-05", "2026-03-05"),
        ("date", "soon", None),
        ("datetime", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00+01:00"),
        ("datetime", "soon", None),
    ],
)
def test_defaults_are_shown_as_the_picker_has_them(kind: str, default: str, value: str | None):
    assert shown("11.10", type=kind, default=default).value == value
