"""Addresses, numbers and zones as people write them."""

import pytest
from marshmallow import ValidationError

from forms.contact import Email, Name, Phone, Zone


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+49 151 23456789", "+4915123456789"),
        ("0049 (151) 234-567/89", "+4915123456789"),
        ("+1.212.555.0100", "+12125550100"),
    ],
)
def test_numbers_are_kept_with_their_country_code(written, kept):
    assert Phone("Phone").read(written) == kept


@pytest.mark.parametrize("written", ["151 234", "0151 23456789", "+12", "+1234567890123456", "call me", "+٣٤٥٦٧٨٩٠"])
def test_numbers_that_cannot_be_called_from_everywhere_are_refused(written):
    with pytest.raises(ValidationError, match="with its country code"):
        Phone("Phone").read(written)


@pytest.mark.parametrize(
    ("written", "kept"),
    [("Europe/Berlin", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("new york", "America/New_York"), ("utc", "UTC")],
)
def test_zones_are_found_by_name_or_city(written, kept):
    assert Zone("Time zone").read(written) == kept


@pytest.mark.parametrize("written", ["Mars/Base", "../../etc/passwd", "+02:00"])
def test_what_is_no_zone_is_refused(written):
    with pytest.raises(ValidationError, match="I do not know this time zone"):
        Zone("Time zone").read(written)


@pytest.mark.parametrize("written", ["ana", "ana@", "@example.com", "a b@example.com", "a@b", "a@example.com,b@c.de"])
def test_what_is_no_address_is_refused(written):
    with pytest.raises(ValidationError, match="This is not an e-mail address"):
        Email("E-mail address").read(written)


def test_names_are_one_line():
    assert Name("Name").read(" Ana\n  Schmidt ") == "Ana Schmidt"
