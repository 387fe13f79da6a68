"""The life of an installation: secrets, second sites, tokens, and the way out."""

from datetime import UTC, datetime, timedelta

from bot.core import servers
from bot.core.changes import DeleteServer, RedrawGroups, RenewPushToken
from bot.core.replacing import replace
from bot.core.servers import Secret, Server, Site, State, Timeline, Who
from bot.words import Reader, words

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
READER = Reader(now=NOW)
SITE = Site(url="https://chat.example.com", bot_user_id="bot", sealed_webhook_secret="w")
OTHER = Site(url="https://evil.example.com", bot_user_id="bot2")


def pending(**fields) -> Server:
    blank = Server(id="S1", name="Ops", created_at=NOW, expires_at=NOW + servers.SETUP_LIFE)
    return replace(blank, **fields)


def installed(**fields) -> Server:
    return replace(servers.installed(pending(), site=SITE, by="ana", now=NOW).doc, **fields)


def secret(id_: str, state: str = "current", ends_at: datetime | None = None) -> Secret:
    return Secret(id=id_, sealed="…", state=state, created_at=NOW, ends_at=ends_at)


def states(server: Server) -> dict[str, str]:
    return {one.id: one.state for one in server.secrets}


def test_an_installation_binds_the_site_and_says_what_comes_next():
    change = servers.installed(pending(), site=SITE, by="ana", now=NOW)

    assert change.doc.state is State.INSTALLED
    assert (change.doc.site_url, change.doc.bot_user_id, change.doc.installed_by) == (SITE.url, "bot", "ana")
    assert change.doc.expires_at is None
    assert words(change.note, READER) == (
        "OnCall is installed. Next: `/oncall configure channel` chooses the channel where alerts are posted."
    )


def test_an_expired_set_up_installs_nothing():
    late = NOW + servers.SETUP_LIFE
    change = servers.installed(pending(), site=SITE, by="ana", now=late)

    assert change.doc.state is State.PENDING
    assert words(change.note, READER) == "This set-up has expired. Create a new one with `python -m bot setup`."


def test_installing_again_takes_over_the_new_webhook_secret_and_keeps_the_first_day():
    again = servers.installed(
        installed(), site=replace(SITE, sealed_webhook_secret="w2"), by="ben", now=NOW + timedelta(days=3)
    ).doc

    assert again.sealed_webhook_secret == "w2"
    assert again.installed_at == NOW


def test_a_second_site_is_remembered_but_not_served():
    change = servers.installed(installed(), site=OTHER, by="eve", now=NOW)

    assert change.doc.site_url == SITE.url
    assert change.doc.waiting_site == OTHER
    assert words(change.note, READER).startswith("This secret already belongs to https://chat.example.com.")


def test_the_install_code_confirms_the_site_that_waits():
    waiting = servers.installed(installed(), site=OTHER, by="eve", now=NOW).doc

    assert servers.finished(waiting, site=OTHER, by="ana", now=NOW).doc.site_url == OTHER.url
    assert servers.finished(waiting, site=None, by="operator", now=NOW).doc.waiting_site is None
    kept = servers.finished(waiting, site=SITE, by="ana", now=NOW)
    assert kept.doc is waiting
    assert words(kept.note, READER) == (
        "OnCall is installed already. `/oncall configure channel` chooses the channel for alerts."
    )


def test_the_install_code_finishes_a_pending_installation_only_with_a_site():
    assert servers.finished(pending(), site=SITE, by="ana", now=NOW).doc.installed
    assert not servers.finished(pending(), site=None, by="operator", now=NOW).doc.installed


def test_the_first_use_of_the_next_secret_retires_the_current_one_after_an_hour():
    server = servers.secret_added(pending(secrets=(secret("one"),)), secret=secret("two")).doc
    assert states(server) == {"one": "current", "two": "next"}

    used = servers.secret_used(server, secret_id="two", now=NOW).doc
    assert states(used) == {"two": "current", "one": "previous"}
    assert [one.id for one in servers.secrets_in_force(used, now=NOW)] == ["two", "one"]
    later = NOW + servers.PREVIOUS_SECRET_LIFE
    assert [one.id for one in servers.secrets_in_force(used, now=later)] == ["two"]


def test_using_a_secret_that_is_not_next_changes_nothing():
    server = pending(secrets=(secret("one"),))

    assert servers.secret_used(server, secret_id="one", now=NOW).doc is server
    assert servers.secret_used(server, secret_id="unknown", now=NOW).doc is server


def test_there_are_never_more_than_two_secrets():
    server = pending(secrets=(secret("one"),))
    for number in range(5):
        server = servers.secret_added(server, secret=secret(f"n{number}")).doc
        assert len(server.secrets) == 2
        server = servers.secret_used(server, secret_id=f"n{number}", now=NOW).doc
        assert len(server.secrets) == 2


def test_a_token_is_renewed_75_seconds_before_it_ends():
    ends_at = NOW + timedelta(minutes=9)
    server = servers.token_brought(installed(), sealed="t", ends_at=ends_at, now=NOW).doc
    due = ends_at - timedelta(seconds=75)

    assert server.due_at == due
    assert servers.advance(server, now=due - timedelta(milliseconds=1)).effects == ()
    change = servers.advance(server, now=due)
    assert [effect.do for effect in change.effects] == [RenewPushToken()]
    assert change.doc.due_at == due + servers.RENEW_AGAIN


def test_a_fresh_token_ends_the_asking_for_one():
    server = servers.token_brought(installed(), sealed="t", ends_at=NOW + timedelta(minutes=9), now=NOW).doc
    change = servers.token_brought(server, sealed="t2", ends_at=NOW + timedelta(minutes=15), now=NOW)

    assert change.doc.sealed_push_token == "t2"
    assert change.dropped == ("renew",)


def test_a_token_that_is_hardly_newer_is_not_worth_a_write():
    server = servers.token_brought(installed(), sealed="t", ends_at=NOW + timedelta(minutes=9), now=NOW).doc
    hardly = NOW + timedelta(minutes=9, seconds=59)

    assert servers.token_brought(server, sealed="t2", ends_at=hardly, now=NOW).doc is server


def test_without_a_webhook_secret_there_is_nothing_to_renew_with():
    server = installed(sealed_webhook_secret="")

    assert servers.token_brought(server, sealed="t", ends_at=NOW + timedelta(minutes=9), now=NOW).doc.due_at is None


def test_a_paused_server_renews_nothing_until_it_is_back():
    ends_at = NOW + timedelta(minutes=9)
    paused = servers.disabled(servers.token_brought(installed(), sealed="t", ends_at=ends_at, now=NOW).doc)
    assert words(paused.note, READER) == "OnCall is paused here."
    assert paused.doc.due_at is None

    back = servers.enabled(paused.doc)
    assert words(back.note, READER) == "OnCall is back."
    assert back.doc.due_at == ends_at - servers.RENEW_BEFORE


def test_pausing_and_resuming_what_is_not_so_changes_nothing():
    assert servers.disabled(pending()).doc == pending()
    assert servers.enabled(installed()).doc == installed()


def test_removing_forgets_tokens_at_once_and_data_after_a_week():
    change = servers.uninstalled(installed(sealed_push_token="t", sealed_lasting_token="l"), now=NOW)

    gone = change.doc
    assert (gone.sealed_push_token, gone.sealed_lasting_token, gone.sealed_webhook_secret) == ("", "", "")
    assert gone.due_at == NOW + timedelta(days=7)
    assert words(change.note, READER) == ("OnCall is removed. Its data is deleted in seven days; reinstall to keep it.")
    assert servers.installed(gone, site=SITE, by="ana", now=NOW).doc.removed_at is None


def test_what_was_removed_is_deleted_after_a_week_and_not_before():
    gone = servers.uninstalled(installed(), now=NOW).doc
    week = NOW + timedelta(days=7)

    assert servers.advance(gone, now=week - timedelta(seconds=1)) == servers.Change(doc=gone)
    change = servers.advance(gone, now=week)
    assert [effect.do for effect in change.effects] == [DeleteServer()]
    assert change.doc.due_at is None


def test_installing_again_within_the_week_keeps_the_data():
    back = servers.installed(servers.uninstalled(installed(), now=NOW).doc, site=SITE, by="ana", now=NOW)

    assert (back.doc.due_at, back.dropped) == (None, (servers.DELETE,))
    assert servers.deletable_at(back.doc) is None


def test_a_late_token_does_not_save_what_was_removed():
    gone = servers.uninstalled(installed(), now=NOW).doc
    after = servers.token_brought(gone, sealed="t", ends_at=NOW + timedelta(minutes=9), now=NOW).doc

    assert after.due_at == gone.due_at


def test_an_unused_set_up_is_deleted_a_day_after_its_end():
    unused = pending(due_at=NOW + timedelta(days=2))

    assert not servers.deletable(unused, now=NOW + timedelta(hours=47))
    assert [effect.do for effect in servers.advance(unused, now=NOW + timedelta(days=2)).effects] == [DeleteServer()]


def test_configuring_says_where_alerts_go():
    change = servers.configured(installed(), channel_id="c1", team_id="", note_channel="town-square")

    assert change.doc.channel_id == "c1"
    assert words(change.note, READER) == "Alerts are posted in ~town-square from now on."


def test_a_policy_is_told_whole_and_keeps_what_was_not_chosen():
    change = servers.policy_chosen(installed(), who_may_act=Who.LINKED)
    assert words(change.note, READER) == (
        "Only linked people may act on alerts. Threads tell changes of state, pages and notes."
    )
    change = servers.policy_chosen(change.doc, timeline=Timeline.QUIET)
    assert (change.doc.who_may_act, change.doc.timeline) == (Who.LINKED, Timeline.QUIET)
    assert words(change.note, READER) == "Only linked people may act on alerts. Threads tell changes of state only."
    change = servers.policy_chosen(change.doc, who_may_act=Who.MEMBERS, link_by_email="on", timeline=Timeline.FULL)
    assert words(change.note, READER) == (
        "Everyone who sees an alert may act on it. Threads tell everything, each further alert included."
    )
    assert change.doc.settings["link_by_email"] == "on"


def test_choosing_other_buttons_draws_the_posts_anew_once():
    change = servers.buttons_chosen(installed(), buttons=("note",))
    assert change.doc.buttons == ("note",)
    assert [effect.do for effect in change.effects] == [RedrawGroups()]
    assert servers.buttons_chosen(change.doc, buttons=("note",)).effects == ()
    assert servers.buttons_chosen(change.doc, buttons=()).doc.buttons == ()
    assert installed().buttons is None
