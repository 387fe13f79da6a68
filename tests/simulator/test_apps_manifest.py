"""Manifests are judged as the Apps plugin judges them; numbers are lines of its conformance list."""

import json
from typing import Any

import pytest

from bot.simulator.apps.errors import PluginError
from bot.simulator.apps.manifest import Manifest, decode_manifest, manifest_of


def manifest(**changes: Any) -> dict[str, Any]:
    content = {
        "app_id": "oncall",
        "display_name": "On-call",
        "homepage_url": "https://oncall.example.com",
        "http": {"root_url": "https://oncall.example.com/app"},
        **changes,
    }
    return {key: value for key, value in content.items() if value is not None}


def refusal(**changes: Any) -> str:
    with pytest.raises(PluginError) as refused:
        manifest_of(manifest(**changes))
    return refused.value.text


@pytest.mark.apps(1)
def test_all_that_is_wrong_is_told_in_one_error() -> None:
    text = refusal(display_name=None, homepage_url=None, http=None)
    assert text.startswith("4 errors occurred:\n\t* display_name is empty: invalid input\n")
    assert "homepage_url is empty: invalid input" in text
    assert "no way to deploy is given" in text


@pytest.mark.parametrize("app_id", ["ab", "a" * 33, "on/call", "on call"])
@pytest.mark.apps(2)
def test_ids_too_short_too_long_or_with_other_characters_are_refused(app_id: str) -> None:
    assert "app_id" in refusal(app_id=app_id)


@pytest.mark.parametrize("app_id", ["abc", "a" * 32, "on.call", "On-Call_1"])
@pytest.mark.apps(2)
def test_ids_of_3_to_32_bytes_with_dots_are_accepted(app_id: str) -> None:
    assert manifest_of(manifest(app_id=app_id)).app_id == app_id


@pytest.mark.apps(3)
def test_a_version_has_at_most_ten_bytes_and_may_be_empty() -> None:
    assert "version v1.0.0-rc10 is longer than 10 bytes" in refusal(version="v1.0.0-rc10")
    assert "version may not contain '+'" in refusal(version="v1+2")
    for version in ("", "v1.0.0-rc1"):
        assert manifest_of(manifest(version=version)).text("version") == version


@pytest.mark.parametrize(
    ("permission", "required"), [("remote_webhooks", "act_as_bot"), ("remote_oauth2", "act_as_user")]
)
@pytest.mark.apps(4)
def test_permissions_need_the_ones_they_build_on(permission: str, required: str) -> None:
    assert f"{permission} requires {required}: invalid input" in refusal(requested_permissions=[permission])
    manifest_of(manifest(requested_permissions=[permission, required, "unheard_of"]))


@pytest.mark.apps(5)
def test_urls_must_be_http_and_icons_must_stay_inside() -> None:
    assert "homepage_url" in refusal(homepage_url="ftp://oncall.example.com")
    assert "root_url" in refusal(http={"root_url": "oncall.example.com"})
    assert "bad path" in refusal(icon="../bell.png")
    assert "bad path" in refusal(icon="%2e%2e/bell.png")


@pytest.mark.apps(6)
def test_a_document_over_one_mebibyte_or_without_json_is_refused() -> None:
    document = json.dumps(manifest()).encode()
    decode_manifest(document.ljust(1 << 20))
    with pytest.raises(PluginError, match="size limit of 1024Kb exceeded"):
        decode_manifest(document.ljust((1 << 20) + 1))
    with pytest.raises(PluginError, match="invalid character"):
        decode_manifest(b"<html>")


def test_keys_match_without_case_and_unknown_ones_are_ignored() -> None:
    content = {**manifest(app_id=None), "App_ID": "oncall", "extra": 1}
    assert manifest_of(content).app_id == "oncall"
    assert "extra" not in manifest_of(content).content


def test_a_value_of_the_wrong_type_is_refused() -> None:
    assert "cannot unmarshal number into Go struct field Manifest.display_name of type string" in refusal(
        display_name=5
    )


def test_calls_take_the_defaults_of_each_attribute_they_leave_out() -> None:
    found = manifest_of(
        manifest(
            on_install="/installed",
            on_oauth2_complete={"path": "/done"},
            get_oauth2_connect_url={"expand": {"locale": "all"}},
        )
    )
    assert found.call("on_install") == {"path": "/installed"}
    assert found.call("on_uninstall") is None
    assert found.call("bindings") == {"path": "/bindings"}
    complete = found.call("on_oauth2_complete")
    assert complete is not None
    assert complete["path"] == "/done"
    assert complete["expand"]["oauth2_user"] == "all"
    assert found.call("get_oauth2_connect_url") == {"path": "/oauth2/connect", "expand": {"locale": "all"}}


def test_a_manifest_names_its_permissions_and_locations() -> None:
    found: Manifest = manifest_of(
        manifest(requested_locations=["/command"], http={"root_url": "http://x", "use_jwt": True})
    )
    assert (found.locations, found.permissions, found.uses_jwt) == (("/command",), (), True)
