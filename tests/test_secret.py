"""A secret is never seen by accident."""

import copy
import json
import pickle
from dataclasses import asdict, dataclass

import pytest

from bot.secret import Secret


@dataclass(frozen=True)
class Holder:
    name: str
    token: Secret


@pytest.mark.parametrize("show", [str, repr, "{}".format, "{:>30}".format, "%s".__mod__, "%r".__mod__])
def test_it_shows_stars_however_it_is_printed(show) -> None:
    shown = show(Secret("hunter2"))
    assert "hunter2" not in shown
    assert "********" in shown


def test_its_holder_shows_stars() -> None:
    assert repr(Holder("ana", Secret("hunter2"))) == "Holder(name='ana', token=Secret(********))"


def test_it_is_revealed_on_request() -> None:
    assert Secret("hunter2").reveal() == "hunter2"


def test_equal_values_are_equal_secrets() -> None:
    assert Secret("zürich") == Secret("zürich")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_an_empty_one_is_false() -> None:
    assert not Secret("")
    assert Secret("x")


def test_it_is_neither_ordered_nor_hashed_nor_changed_nor_written_down() -> None:
    secret = Secret("a")
    with pytest.raises(TypeError):
        sorted([secret, Secret("b")])
    with pytest.raises(TypeError):
        hash(secret)
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(AttributeError):
        secret._value = "b"
    with pytest.raises(AttributeError):
        del secret._value


def test_it_survives_copies_of_its_holder() -> None:
    secret = Secret("a")
    assert copy.copy(secret) is secret
    assert asdict(Holder("ana", secret))["token"] is secret
