"""The slash parser does what the web client does, quirks included (Apps plugin v1.2.2 era clients)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulator.client.parser import ParseError, matches, normalise, parse


class Names:
    """A directory with one user and one channel."""

    def user(self, name):
        return {"label": "ben", "value": "u-ben"} if name == "ben" else None

    def user_by_id(self, user_id):
        return {"label": "ben", "value": "u-ben"} if user_id == "u-ben" else None

    def channel(self, name):
        return {"label": "Ops", "value": "c-ops"} if name == "ops" else None

    def channel_by_id(self, channel_id):
        return {"label": "Ops", "value": "c-ops"} if channel_id == "c-ops" else None


def field(name, kind="text", **more):
    return {"name": name, "type": kind, **more}


def commands(*fields, submit="/do"):
    form = {"submit": {"path": submit}, "fields": list(fields)}
    return [
        {
            "label": "oncall",
            "app_id": "oncall",
            "bindings": [
                {"label": "do", "app_id": "oncall", "form": form},
                {"label": "who", "app_id": "oncall", "submit": {"path": "/who"}},
            ],
        }
    ]


def values(text, *fields):
    return parse(f"/oncall do {text}", commands(*fields), Names()).values


def mistake(text, *fields):
    with pytest.raises(ParseError) as error:
        parse(f"/oncall {text}", commands(*fields), Names())
    return str(error.value)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [("/OnCall   who ", "/oncall who"), ("/oncall", "/oncall "), ("/oncall ack  A  B", "/oncall ack  A  B")],
)
def test_the_first_word_is_lower_cased_and_the_rest_trimmed(typed, sent):
    assert normalise(typed) == sent


@pytest.mark.parametrize(
    ("text", "own"),
    [("/oncall", True), ("/ONCALL x", True), ("/oncalls", False), ("hello", False), ("oncall who", False)],
)
def test_an_app_owns_only_its_own_first_word(text, own):
    assert matches(text, commands()) is own


def test_top_labels_are_not_lower_cased():
    assert not matches("/OnCall", [{"label": "OnCall", "submit": {"path": "/x"}}])


def test_sub_commands_are_found_in_any_case():
    command = parse("/oncall WHO", commands(), Names())
    assert (command.call, command.values, command.raw_command) == ({"path": "/who"}, {}, "/oncall WHO")


@pytest.mark.parametrize("text", ["", "banana", "banana who"])
def test_stopping_at_a_parent_asks_for_a_subcommand(text):
    assert mistake(text) == "Parsing error: You must select a subcommand."


def test_a_plain_leaf_takes_no_arguments():
    assert mistake("who now") == "Parsing error: Unable to identify argument."


NOTE, TEAM, DRY = field("note"), field("team_name"), field("dry_run", "bool")
FIRST, SECOND, REST = field("first", position=1), field("second", position=2), field("rest", position=-1)
MANY = field("many", "static_select", multiselect=True, options=[{"label": c, "value": c} for c in "abcd"])


@pytest.mark.apps(64, 66)
@pytest.mark.parametrize(
    ("text", "fields", "expected"),
    [
        ("--note hello", [NOTE], {"note": "hello"}),
        ("-note hello", [NOTE], {"note": "hello"}),
        ("--note=hello", [NOTE], {"note": "hello"}),
        ("--note = hello", [NOTE], {"note": "hello"}),
        ("—note hello", [NOTE], {"note": "hello"}),
        ("--NOTE hello", [NOTE], {"note": "hello"}),
        ("--team-name x", [TEAM], {"team_name": "x"}),
        ('--note "two words"', [NOTE], {"note": "two words"}),
        ('--note `a "b" \\c`', [NOTE], {"note": 'a "b" \\c'}),
        ('--note "a\\b"', [NOTE], {"note": "ab"}),
        ("--note", [NOTE], {"note": ""}),
        ("--team-name --note high", [NOTE, TEAM, FIRST], {"team_name": "--note", "first": "high"}),
        ("--dry-run", [DRY], {"dry_run": True}),
        ("--dry-run true", [DRY], {"dry_run": True}),
        ("--dry-run false", [DRY], {"dry_run": False}),
        ("--dry-run one", [DRY, FIRST], {"dry_run": True, "first": "one"}),
        ("--dry-run --note x", [DRY, NOTE], {"dry_run": True, "note": "x"}),
        ("one two", [FIRST, SECOND], {"first": "one", "second": "two"}),
        ("one --note n two", [FIRST, SECOND, NOTE], {"first": "one", "second": "two", "note": "n"}),
        ('one all "of" --this', [FIRST, REST], {"first": "one", "rest": 'all "of" --this'}),
        ('--many [a, "b", c]', [MANY], {"many": [{"label": c, "value": c} for c in "abc"]}),
        ("--many a", [MANY], {"many": [{"label": "a", "value": "a"}]}),
        ("--who @ben", [field("who", "user")], {"who": {"label": "ben", "value": "u-ben"}}),
        ("--where ~ops", [field("where", "channel")], {"where": {"label": "Ops", "value": "c-ops"}}),
        ("--svc x", [field("svc", "dynamic_select")], {"svc": {"label": "x", "value": "x"}}),
        ("--svc [x, y]", [field("svc", "dynamic_select", multiselect=True)], {"svc": []}),
    ],
)
def test_the_argument_grammar(text, fields, expected):
    assert values(text, *fields) == expected


@pytest.mark.apps(64, 65, 66)
@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("do --nope x", [NOTE], "Parsing error: Command does not accept flag `nope`."),
        ("do --note==x", [NOTE], "Parsing error: Multiple `=` signs are not allowed."),
        ('do --note ""', [NOTE], "Parsing error: Empty values are not allowed."),
        ('do --note "open', [NOTE], "Parsing error: Matching double quote expected before end of input."),
        ("do --note `open", [NOTE], "Parsing error: Matching tick quote expected before end of input."),
        ('do --note "a\\" b"', [NOTE], "Parsing error: Unable to identify argument."),
        ("do -5", [FIRST], "Parsing error: Command does not accept flag `5`."),
        ("do one two", [FIRST], "Parsing error: Unable to identify argument."),
        ("do --many z", [MANY], "Unknown option for field `many`: `z`."),
        ("do --many [a, a]", [MANY], "Parsing error: Option repeated: `a`."),
        ("do --many [a", [MANY], "Parsing error: Unexpected end of input in a list: `]` expected."),
        ("do --who zed", [field("who", "user")], "Unknown user for field `who`: `zed`."),
        ("do", [field("a_b", is_required=True), field("c", is_required=True)], "Required fields missing: `a-b, c`."),
        ("do --note x", [field("note", readonly=True)], "Parsing error: Command does not accept flag `note`."),
    ],
)
def test_mistakes_are_told_in_the_clients_words(text, fields, words):
    assert mistake(text, *fields) == words


@pytest.mark.parametrize(
    ("given_field", "expected"),
    [
        (field("a", value="text"), "text"),
        (field("a", "bool", value=True), True),
        (field("a", readonly=True, value="kept"), "kept"),
        (
            field("a", "static_select", value={"label": "L", "value": "v"}, options=[{"label": "L", "value": "v"}]),
            {"label": "L", "value": "v"},
        ),
        (field("a", "user", value={"label": "x", "value": "u-ben"}), {"label": "ben", "value": "u-ben"}),
        (field("a", "channel", value={"label": "c-ops", "value": "x"}), {"label": "Ops", "value": "c-ops"}),
    ],
)
def test_defaults_fill_what_was_not_typed(given_field, expected):
    assert values("", given_field) == {"a": expected}


@pytest.mark.apps(68)
def test_a_form_that_only_has_a_source_ends_in_an_error():
    only_source = [{"label": "oncall", "form": {"source": {"path": "/form"}}}]
    with pytest.raises(ParseError, match="no submit call"):
        parse("/oncall", only_source, Names())


@given(st.text(max_size=60))
def test_any_text_is_either_understood_or_refused_with_words(text):
    try:
        parse(f"/oncall do {text}", commands(FIRST, NOTE, DRY, MANY, REST), Names())
    except ParseError as error:
        assert str(error)
