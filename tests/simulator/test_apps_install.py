"""Installing Apps and what follows; numbers are lines of the conformance list of the Apps protocol."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.simulator.server import Simulator
from tests.simulator.apps_world import PLUGIN, Json, Reply, World


@pytest.fixture
def world(make_simulator: Callable[..., Simulator], run: Callable[..., Any]) -> Iterator[World]:
    world = World(make_simulator(apps=True), run)
    yield world
    world.close()


def names(form: Json) -> list[str]:
    return [field["name"] for field in form["fields"]]


@pytest.mark.apps(6)
def test_a_manifest_that_cannot_be_fetched_is_refused(world: World) -> None:
    for reply in (Reply(status=403, body=b"no"), Reply(body=b" " * ((1 << 20) + 1))):
        world.app.answers["/manifest.json"] = reply
        response = world.builtin("/install-http", {"url": f"{world.app.url}/manifest.json"})
        assert response["type"] == "error"
    assert world.plugin.store.listings == {}


@pytest.mark.apps(7)
def test_the_modal_asks_for_consent_and_deployment(world: World) -> None:
    response = world.fetch_manifest()
    assert response["type"] == "form"
    assert names(response["form"]) == ["consent", "deploy_type"]
    assert response["form"]["fields"][1]["value"] == {"label": "HTTP", "value": "http"}
    assert response["form"]["submit"]["state"] == "oncall"
    assert response["app_metadata"]["bot_username"] == "appsbot"


@pytest.mark.apps(7)
def test_the_modal_asks_for_the_secret_only_with_jwt_and_for_consent_only_if_needed(world: World) -> None:
    assert names(world.fetch_manifest(http={"use_jwt": True})["form"]) == ["consent", "deploy_type", "secret"]
    bare = world.fetch_manifest(requested_permissions=None, requested_locations=None)
    assert names(bare["form"]) == ["deploy_type"]


def test_changing_the_deployment_refreshes_the_modal(world: World) -> None:
    form = world.fetch_manifest(http={"use_jwt": True})["form"]
    refreshed = world.submit("apps", form["source"], {"consent": True}, user_id=world.admin.id)
    assert names(refreshed["form"]) == ["consent", "deploy_type"]
    assert refreshed["form"]["fields"][0]["value"] is True


@pytest.mark.apps(8)
def test_without_consent_nothing_is_installed(world: World) -> None:
    response = world.consent(world.fetch_manifest()["form"], {"consent": False})
    assert response["text"] == "consent to use APIs and locations is required to install"
    assert "oncall" not in world.plugin.store.apps
    assert world.app.calls("/ping") == []
    assert "oncall" in world.plugin.store.listings


@pytest.mark.parametrize(
    "reply", [Reply(status=405), Reply(status=401, body=b"who?"), Reply(body=b"<html>"), Reply(status=500), Reply()]
)
@pytest.mark.apps(10)
def test_a_ping_answered_otherwise_aborts_the_installation(world: World, reply: Reply) -> None:
    world.app.answers["/ping"] = reply
    response = world.install()
    assert response["type"] == "error"
    assert "failed to install, /ping path is not accessible" in response["text"]
    assert "oncall" not in world.plugin.store.apps


@pytest.mark.parametrize("reply", [Reply(status=404), {"type": "error", "text": "no"}, Reply(body=b"null")])
@pytest.mark.apps(10)
def test_a_ping_answered_with_404_or_json_is_accepted(world: World, reply: Any) -> None:
    world.app.answers["/ping"] = reply
    assert world.install()["type"] == "ok"


def test_a_slow_ping_aborts_the_installation(world: World) -> None:
    world.plugin.settings.ping_seconds = 0.05
    world.simulator.faults.slow(5.0, direction="out", prefix=f"{world.app.url}/ping")
    response = world.install()
    assert "/ping path is not accessible" in response["text"]


def test_ping_has_an_empty_context(world: World) -> None:
    world.install()
    empty = {"app_id": "", "mattermost_site_url": "", "app_path": "", "bot_user_id": "", "oauth2": {}}
    assert world.app.calls("/ping")[0].body == {"path": "/ping", "context": empty}


@pytest.mark.apps(13)
def test_an_icon_that_is_not_there_aborts_the_installation(world: World) -> None:
    assert "received status code 404" in world.install(icon="bell.png")["text"]
    world.app.answers["/static/bell.png"] = Reply(body=b"PNG")
    assert world.install(icon="bell.png", http={"use_jwt": True})["type"] == "ok"
    assert "Mattermost-App-Authorization" not in world.app.calls("/static/bell.png")[-1].headers
    assert world.plugin.store.icons[world.plugin.app("oncall").bot_user_id] == b"PNG"


@pytest.mark.apps(14)
def test_on_install_is_called_once_when_the_record_is_saved(world: World) -> None:
    saved: list[bool] = []
    world.app.answers["/installed"] = lambda body: saved.append("oncall" in world.plugin.store.apps) or {"text": "Hi."}
    response = world.install(on_install={"path": "/installed", "expand": {"acting_user": "+id", "app": "all"}})
    assert response["text"] == "Installed app `oncall`: On-call.\n\nHi."
    assert saved == [True]
    context = world.app.calls("/installed")[0].context
    assert context["acting_user"]["id"] == world.admin.id
    assert context["app"]["webhook_secret"] == world.plugin.app("oncall").webhook_secret
    assert context["bot_access_token"]
    assert set(world.app.calls("/installed")[0].body) == {"path", "expand", "context"}
    assert world.app.calls("/bindings") == []


@pytest.mark.apps(14)
def test_without_on_install_the_bindings_are_tried_once(world: World) -> None:
    assert world.install()["text"] == "Installed app `oncall`: On-call."
    assert len(world.app.calls("/bindings")) == 1
    world.app.answers["/bindings"] = Reply(status=500, body=b"broken")
    assert "despite bindings failure: upstream call failed" in world.install()["text"]


@pytest.mark.apps(16)
def test_a_failing_on_install_leaves_the_app_installed(world: World) -> None:
    world.app.answers["/installed"] = {"type": "error", "text": "no room"}
    response = world.install(on_install="/installed")
    assert response["type"] == "ok"
    assert response["text"] == "Installed app `oncall`: On-call., despite on_install failure: no room"
    assert not world.plugin.app("oncall").disabled


@pytest.mark.apps(17)
def test_on_install_cannot_have_the_channel_or_the_team(world: World) -> None:
    world.app.answers["/installed"] = {}
    world.install(on_install={"path": "/installed", "expand": {"channel": "all", "team": "all"}})
    assert not {"channel", "team"} & set(world.app.calls("/installed")[0].context)
    text = world.install(on_install={"path": "/installed", "expand": {"channel": "+all"}})["text"]
    assert "despite on_install failure: failed to expand context: failed to expand required channel" in text


def test_the_bot_is_made_once_and_a_persons_name_is_left_alone(world: World) -> None:
    world.install()
    bot_id = world.plugin.app("oncall").bot_user_id
    assert world.simulator.state.users[bot_id].username == "oncall"
    world.on_app("uninstall")
    world.install()
    assert world.plugin.app("oncall").bot_user_id == bot_id
    world.simulator.add_user("pager")
    world.install(app_id="pager")
    assert world.plugin.app("pager").bot_username == "pager-app"


def test_installing_again_keeps_the_jwt_secret_and_changes_the_webhook_secret(world: World) -> None:
    world.app.answers["/installed"] = {}
    changes: Json = {"http": {"use_jwt": True}, "on_install": "/installed"}
    world.install("s3cret", **changes)
    first = world.plugin.app("oncall").webhook_secret
    world.on_app("disable")
    world.install("", **changes)
    app = world.plugin.app("oncall")
    assert (app.secret, app.disabled) == ("s3cret", False)
    assert app.webhook_secret != first
    assert len(world.app.calls("/installed")) == 2
    assert not world.simulator.state.users[app.bot_user_id].delete_at


@pytest.mark.apps(18)
def test_an_app_may_refuse_to_be_uninstalled_unless_forced(world: World) -> None:
    world.app.answers["/removed"] = {"type": "error", "text": "still on call"}
    world.install(on_uninstall="/removed")
    assert world.on_app("uninstall")["text"] == "app canceled uninstall request: still on call"
    assert world.on_app("uninstall", force=True)["text"] == "Force-uninstalled On-call, despite error: still on call"
    assert "oncall" not in world.plugin.store.apps


@pytest.mark.apps(18)
def test_an_unreachable_app_refuses_too(world: World) -> None:
    world.install(on_uninstall="/removed")
    world.simulator.faults.drop(direction="out", prefix=world.app.url)
    assert "app canceled uninstall request: upstream call failed" in world.on_app("uninstall")["text"]


@pytest.mark.apps(19)
def test_uninstalling_deletes_what_was_stored_and_keeps_listing_and_inactive_bot(world: World) -> None:
    world.install()
    context = world.received({"acting_user": "id", "acting_user_access_token": "all"})
    token, bot_token = context["acting_user_access_token"], context["bot_access_token"]
    world.http("PUT", f"{PLUGIN}/api/v1/kv/key", token=token, body={"a": 1})
    world.http("PUT", f"{PLUGIN}/api/v1/oauth2/user", token=token, body={"a": 1})
    world.http("POST", f"{PLUGIN}/api/v1/subscribe", token=token, body={"subject": "user_created", "call": "/x"})
    assert world.on_app("uninstall")["text"] == "Uninstalled On-call"
    store = world.plugin.store
    assert (store.kv, store.oauth2_users, store.subscriptions) == ({}, {}, {})
    assert "oncall" in store.listings
    assert world.simulator.state.users[context["bot_user_id"]].delete_at
    assert world.simulator.state.valid_token(token) is None
    assert world.simulator.state.valid_token(bot_token) is None


@pytest.mark.apps(20)
def test_a_disabled_app_is_not_called_but_serves_its_files(world: World) -> None:
    world.app.answers["/static/bell.png"] = Reply(body=b"PNG")
    world.install()
    assert world.on_app("disable")["text"] == "Disabled On-call"
    text = world.call("/do")["text"]
    assert text == "app is disabled by the administrator: oncall: forbidden"
    asked = len(world.app.calls("/bindings"))
    assert [top["bindings"][0]["app_id"] for top in world.bindings()] == ["apps"]
    assert len(world.app.calls("/bindings")) == asked
    secret = world.plugin.app("oncall").webhook_secret
    assert world.http("POST", f"{PLUGIN}/apps/oncall/webhook?secret={secret}", body=b"x")[0] == 403
    static = world.http("GET", f"{PLUGIN}/apps/oncall/static/bell.png", cookie=world.session(world.user))
    assert static[:2] == (200, "PNG")


def test_files_need_a_login(world: World) -> None:
    world.install()
    assert world.http("GET", f"{PLUGIN}/apps/oncall/static/bell.png")[0] == 401


def test_enabling_calls_the_app_and_ignores_its_error(world: World) -> None:
    world.app.answers["/on"] = {"type": "error", "text": "no"}
    world.app.answers["/off"] = {"text": "Good night."}
    world.install(on_enable="/on", on_disable="/off")
    assert world.on_app("enable")["text"] == "On-call is already enabled"
    assert world.on_app("disable")["text"] == "Good night."
    assert world.on_app("disable")["text"] == "Already disabled"
    assert world.on_app("enable")["text"] == "Enabled On-call"
    assert len(world.app.calls("/on")) == 1


@pytest.mark.apps(21)
def test_on_version_changed_is_never_called(world: World) -> None:
    world.install(on_version_changed="/changed")
    world.install(on_version_changed="/changed", version="v2")
    assert world.app.calls("/changed") == []


def test_only_system_admins_install(world: World) -> None:
    response = world.builtin("/install-http", {"url": f"{world.app.url}/manifest.json"}, user_id=world.user.id)
    assert "is not a sysadmin: unauthorized" in response["text"]
    assert world.app.seen == []


def test_all_apps_commands_need_the_oauth_provider_setting(world: World) -> None:
    world.simulator.state.config["ServiceSettings"]["EnableOAuthServiceProvider"] = False
    assert "OAuth 2.0 Service Provider" in world.builtin("/info")["text"]


def test_the_command_is_bound_for_admins_in_full_and_for_others_in_part(world: World) -> None:
    def words(user_id: str) -> list[str]:
        return [child["label"] for child in world.bindings(user_id)[0]["bindings"][0]["bindings"]]

    assert words(world.user.id) == ["info"]
    assert words(world.admin.id) == ["info", "disable", "enable", "install", "list", "uninstall"]
    assert world.simulator.surprises == []


def test_the_lookup_of_a_command_knows_the_state_of_apps(world: World) -> None:
    def found(state: str) -> list[str]:
        response = world.builtin("/q/app_id", state=state)
        return [item["value"] for item in response["data"]["items"]]

    world.fetch_manifest()
    assert (found("installed"), found("not_installed")) == ([], ["oncall"])
    world.install()
    assert (found("enabled"), found("disabled")) == (["oncall"], [])


def test_the_rest_endpoints_list_install_disable_and_uninstall(world: World) -> None:
    token = world.session(world.admin)

    def post(path: str, body: Json, caller: str = token) -> tuple[int, str]:
        return world.http("POST", f"{PLUGIN}/api/v1/{path}", token=caller, body=body)[:2]

    deploy = {"app_id": "oncall", "deploy_type": "http"}
    assert post("update-app-listing", world.manifest())[0] == 200
    assert post("install-app", deploy) == (500, "the app can not be deployed as http\n")
    assert post("update-app-listing", {**world.manifest(), "add_deploys": ["http"]})[0] == 200
    assert post("install-app", deploy, world.session(world.user))[0] == 401
    status, text = post("install-app", deploy)
    assert status == 200
    assert '"webhook_secret"' in text
    assert not world.plugin.app("oncall").trusted
    assert post("disable-app", {"app_id": "oncall"}) == (200, "Disabled On-call")
    assert post("enable-app", {"app_id": "oncall"}) == (200, "Enabled On-call")
    assert post("uninstall-app", {"app_id": "oncall"}) == (200, "")
    assert post("uninstall-app", {"app_id": "oncall"})[0] == 404


def test_clients_of_the_admin_are_told_to_fetch_bindings_after_installing(world: World) -> None:
    async def subscribe() -> Any:
        return world.simulator.events.subscribe(world.admin.id)

    queue = world.run(subscribe())
    world.install()
    events = [queue.get_nowait()["event"] for _ in range(queue.qsize())]
    assert events.count("custom_com.mattermost.apps_refresh_bindings") == 1


def test_an_internal_address_must_be_allowed(world: World) -> None:
    world.simulator.state.config["ServiceSettings"]["AllowedUntrustedInternalConnections"] = ""
    assert "AllowedUntrustedInternalConnections" in world.fetch_manifest()["text"]


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "http://127.0.0.1:1/manifest.json"])
def test_an_address_without_a_manifest_becomes_an_error_text(world: World, url: str) -> None:
    assert world.builtin("/install-http", {"url": url})["type"] == "error"


def test_a_lifecycle_call_without_a_path_goes_to_the_root(world: World) -> None:
    world.app.answers["/"] = {"text": "Hi."}
    assert world.install(on_install={"state": 1})["text"].endswith("Hi.")
