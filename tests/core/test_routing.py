"""Which route takes what, and how conditions are written."""

from datetime import UTC, datetime

import pytest

from bot.core import routes, routing
from bot.core.integrations import Integration
from bot.core.replacing import replace
from bot.core.routing import BadMatchers, Matcher, Operator, Route, read_matchers, written

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def route(id_: str, matchers: str = "", **more: object) -> Route:
    return replace(Route(id=id_, name=id_.upper(), matchers=read_matchers(matchers)), **more)


def source(*given: Route) -> Integration:
    return Integration(
        id="i1",
        server_id="s1",
        name="Prometheus",
        kind="alertmanager",
        key_digests=(),
        created_at=NOW,
        routes=given,
    )


def taken(given: list[Route], **labels: str) -> str:
    known = routing.facts(labels, severity=labels.get("severity", ""), title="Disk full")
    found = routing.taken_by(given, known)
    return found.id if found else ""


# ---- which one ----


def test_the_first_that_is_on_and_fits_wins() -> None:
    given = [route("a", "team=db", on=False), route("b", "team=db severity=critical"), route("c", "team=db")]
    assert taken(given, team="db", severity="critical") == "b"
    assert taken(given, team="db", severity="warning") == "c"
    assert taken(given, team="web", severity="critical") == ""
    assert taken([route("all")], anything="x") == "all"


@pytest.mark.parametrize(
    ("matcher", "labels", "holds"),
    [
        ("team=db", {"team": "db"}, True),
        ("team=db", {"team": "DB"}, False),
        ("team=db", {}, False),
        ('team=""', {}, True),
        ("team!=db", {}, True),
        ("team!=db", {"team": "db"}, False),
        ('team=~"db|web"', {"team": "web"}, True),
        ('team=~"db|web"', {"team": "website"}, False),
        ("team!~web.*", {"team": "website"}, False),
        ("team!~web.*", {"team": "db"}, True),
        ("title=~Disk.*", {}, True),
        ("title=~.*disk.*", {}, False),
        ("title=~(?i).*DISK.*", {}, True),
        ("severity=critical", {"severity": "critical"}, True),
    ],
)
def test_conditions(matcher: str, labels: dict[str, str], holds: bool) -> None:
    known = routing.facts(labels, severity="", title="Disk full")
    assert routing.hold(read_matchers(matcher), known) is holds


def test_what_the_card_says_comes_before_labels_of_the_same_name() -> None:
    known = routing.facts({"severity": "P1", "title": "raw"}, severity="critical", title="Disk full")
    assert (known["severity"], known["title"]) == ("critical", "Disk full")


def test_an_expression_of_a_later_release_takes_nothing() -> None:
    known = routing.facts({"team": "db"}, severity="", title="")
    for operator in (Operator.LIKE, Operator.UNLIKE):
        assert Matcher(label="team", operator=operator, value="a{2}").holds(known) is False


def test_each_route_says_what_it_made_of_it() -> None:
    given = [route("a", "team=db", on=False), route("b", "team=db severity=critical"), route("c")]
    found = routing.tried(given, routing.facts({"team": "db"}, severity="info", title=""))
    assert [(one.route.id, one.takes, str(one.against or "")) for one in found] == [
        ("a", False, ""),
        ("b", False, 'severity="critical"'),
        ("c", True, ""),
    ]


# ---- where to ----


def test_where_a_group_goes() -> None:
    own = routing.in_line(["ana"], 5)
    assert routing.destination(None, channel_id="town", chain=own).chain == own
    plain = routing.destination(route("a", people=("ben", "cho"), wait_minutes=2), channel_id="town", chain=own)
    assert (plain.channel_id, plain.also) == ("town", ())
    assert [(step.wait, step.people) for step in plain.chain] == [(0, ("ben",)), (120, ("cho",))]
    several = routing.destination(route("a", channels=("db", "ops", "web")), channel_id="town", chain=own)
    assert (several.channel_id, several.also, several.chain) == ("db", ("ops", "web"), ())
    paging = routing.destination(route("a", posts=False, people=("ben",)), channel_id="town", chain=own)
    assert (paging.channel_id, paging.also) == ("", ())


# ---- how it is written ----


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity=critical", 'severity="critical"'),
        ('{severity="critical", team=~"db|web"}', 'severity="critical", team=~"db|web"'),
        ("severity=critical team!=db", 'severity="critical", team!="db"'),
        ("a=b,c=d", 'a="b", c="d"'),
        ("  a = b ,  c !~ d.* ", 'a="b", c!~"d.*"'),
        ('team=""', 'team=""'),
        ("team=", 'team=""'),
        ("team=“db and web”", 'team="db and web"'),
        (r'ip=~"10\.0\..*"', r'ip=~"10\\.0\\..*"'),
        (r'said="a \"b\" \\ c"', r'said="a \"b\" \\ c"'),
        ('"host name"=x', '"host name"="x"'),
        ("app.kubernetes.io/name=x", 'app.kubernetes.io/name="x"'),
        ("", ""),
    ],
)
def test_conditions_are_read_and_written_again(text: str, expected: str) -> None:
    matchers = read_matchers(text)
    assert written(matchers) == expected
    assert read_matchers(written(matchers)) == matchers


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("critical", "I cannot read"),
        ("a=b c", "I cannot read"),
        ("a==b c", "I cannot read"),
        ('a="b', "I cannot read"),
        ('a="b"c', "I cannot read"),
        ("team=~(db", "{matcher}: {why}"),
        (" ".join(f"l{number}=1" for number in range(11)), "At most"),
    ],
)
def test_what_is_no_condition_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(BadMatchers) as refused:
        read_matchers(text)
    assert why in refused.value.text.english


# ---- admins at work ----


def ids(given: Integration) -> str:
    return " ".join(one.id for one in given.routes)


def test_routes_are_added_where_wanted_and_moved() -> None:
    one = source(route("a"), route("b"))
    assert ids(routes.add(one, route=route("c"), position=None).doc) == "a b c"
    assert ids(routes.add(one, route=route("c"), position=1).doc) == "c a b"
    assert ids(routes.add(one, route=route("c"), position=99).doc) == "a b c"
    assert ids(routes.move(one, route=route("a"), position=2).doc) == "b a"
    assert ids(routes.move(one, route=route("b"), position=1).doc) == "b a"


def test_names_are_used_once() -> None:
    one = source(route("a"), route("b"))
    again = routes.add(one, route=route("c", name="a"), position=None)
    assert again.doc == one and "already" in again.note.english
    renamed = routes.edit(one, route=one.routes[1], decide=lambda old: replace(old, name="A"))
    assert renamed.doc == one and "already" in renamed.note.english


def test_an_edit_keeps_place_and_switch() -> None:
    one = source(route("a", on=False), route("b"))
    edited = routes.edit(one, route=one.routes[0], decide=lambda old: replace(old, name="Databases")).doc
    assert ids(edited) == "a b"
    assert (edited.routes[0].name, edited.routes[0].on) == ("Databases", False)


def test_a_route_that_somebody_removed_meanwhile_does_not_come_back() -> None:
    gone, one = route("z"), source(route("a"))
    changes = (
        routes.edit(one, route=gone, decide=lambda old: old),
        routes.move(one, route=gone, position=1),
        routes.switch(one, route=gone, on=True),
        routes.remove(one, route=gone),
    )
    for change in changes:
        assert change.doc == one
        assert "removed by somebody else" in change.note.english


def test_two_admins_at_once_keep_what_the_other_did() -> None:
    one = source(route("a"), route("b"))
    first = routes.add(one, route=route("c"), position=1).doc
    second = routes.switch(first, route=one.routes[1], on=False).doc
    third = routes.remove(second, route=one.routes[0]).doc
    assert [(each.id, each.on) for each in third.routes] == [("c", True), ("b", False)]


def test_a_route_is_found_by_name_or_place() -> None:
    one = source(route("a"), route("b"))
    for name, found in (("A", "a"), ("b", "b"), ("2", "b"), ("3", ""), ("0", ""), ("c", "")):
        known = routes.named(one, name)
        assert (known.id if known else "") == found


def test_there_is_an_end_to_routes() -> None:
    full = source(*(route(f"r{number}") for number in range(routing.ROUTES)))
    assert routes.add(full, route=route("one-more"), position=None).doc == full


def test_a_place_of_thousands_of_digits_is_none() -> None:
    assert routes.named(source(route("a")), "9" * 5_000) is None
