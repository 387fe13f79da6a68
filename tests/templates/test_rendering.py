"""Templates of strangers in a real process: they render, or fail with a reason, and never do harm."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop

from bot.core.alert_group import Alert
from bot.integrations.payload import Bundle, Payload
from bot.templates.applying import question
from bot.templates.pool import Pool
from bot.templates.process import NoAnswer, Why
from bot.templates.sandbox import environment
from tests.templates.patient import patient_pool

SERVER = "server-one"
BODY = orjson.dumps({"alerts": [{"labels": {"host": "db-1"}, "values": {"B": 44}}], "items": [1, 2], "n": None})
ALERT = Alert(fingerprint="f", firing=True, title="Disk is full", labels={"host": "db-1", "env": "prod"})
DOUBLING = "{% set n = namespace(v=[1]) %}{% for a in range(64) %}{% set n.v = n.v + n.v %}{% endfor %}"
# Comparing these takes 2**40 steps, none of them in Python.
COMPARING = (
    "{% set n = namespace(a=[1], b=[1]) %}{% for i in range(40) %}"
    "{% set n.a = [n.a, n.a] %}{% set n.b = [n.b, n.b] %}{% endfor %}{{ n.a == n.b }}"
)
PAYLOAD = Payload(bundles=(Bundle(key="k", title="Disk is full", labels={"team": "sre"}, alerts=(ALERT,)),))


@pytest.fixture
def pool(io_loop: IOLoop) -> Iterator[Pool]:
    pool = patient_pool(processes=1)
    yield pool
    io_loop.run_sync(pool.close)


async def rendered(pool: Pool, text: str, part: str = "title") -> tuple[Any, Any]:
    """What the template makes, and what is wrong with it. Raises NoAnswer."""
    answer = await pool.ask(SERVER, await question({part: text}, PAYLOAD), BODY)
    return answer["bundles"][0][0].get(part), answer["problems"].get(part)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ title }} on {{ labels.host }}", "Disk is full on db-1"),
        ("{{ payload.alerts[0]['values'].B }}", "44"),
        ("{{ payload.alerts[0].values.B }}", "44"),
        ("{{ payload['items'] | length }} {{ payload.items | sum }}", "2 3"),
        ("{{ labels.team }}/{{ alert.labels.env }}", "sre/prod"),
        ("[{{ labels.missing }}{{ payload.no.such.member[3].at_all }}]", "[]"),
        ("{% for name, value in labels.items() %}{{ name }}={{ value }};{% endfor %}", "team=sre;host=db-1;env=prod;"),
        ("{{ 'a-1' | regex_replace('\\\\d', 'n') }}", "a-n"),
        ("{{ '{\"a\": 1}' | parse_json | tojson_pretty }}", '{\n    "a": 1\n}'),
        ("{{ '2026-03-02T09:00:00+00:00' | iso8601_to_time | datetimeformat('%H:%M') }}", "09:00"),
        ("{{ 'aGk=' | b64decode }}", "hi"),
        ("{{ 'x' if labels.host is match_nothing else 'y' }}", None),
        ("  {{ title | upper }}\n", "DISK IS FULL"),
    ],
)
async def test_templates_see_the_payload_and_what_was_read(pool: Pool, text: str, made: str | None):
    assert (await rendered(pool, text))[0] == made


@pytest.mark.parametrize(
    ("text", "line"), [("{{ title", 1), ("a\nb {% if %}", 2), ("\n\n{{ 1 / 0 }}", 3), ("{% include 'x' %}", 1)]
)
async def test_mistakes_are_told_with_their_line(pool: Pool, text: str, line: int):
    made, problem = await rendered(pool, text)
    assert made is None
    assert problem["line"] == line and problem["message"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ ''|attr('__class__')|attr('__base__') }}",
        "{{ payload.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ namespace.__init__ }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ ('%s' % title).format.__self__ }}",
        "{{ '{0.__class__.__mro__}'.format(title) }}",
        "{{ ['{0.__class__}'] | map('format', 1) | list }}",
        "{{ '{0.__class__}'|attr('format')(1) }}",
        "{{ (title|attr)('__class__') }}",
        "{{ payload.update({'a': 1}) }}",
        "{{ payload.clear() }}",
        "{% set x = range.__call__ %}{{ x.__self__ }}",
        "{{ lipsum.__globals__ }}",
        "{{ title.__class__.__base__.__subclasses__() }}",
        "{% import 'os' as os %}{{ os }}",
        "{{ open('/etc/passwd').read() }}",
        "{{ __import__('os').environ }}",
    ],
)
async def test_nothing_leads_out_of_the_sandbox(pool: Pool, text: str):
    made, _ = await rendered(pool, text)
    for trace in ("class", "object", "module", "function", "root:", "PATH", "built-in"):
        assert trace not in (made or "")
    assert (await rendered(pool, "{{ payload.alerts | length }}"))[0] == "1"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", ("slow",)),
        ("{% for a in range(10**9) %}{% endfor %}", ("failed", "large")),
        ("{{ 'a' * 10**9 }}", ("large",)),
        ("{{ 'a' * 10**7 }}", ("large",)),
        ("{{ '%999999999d' % 1 }}", ("large",)),
        ("{{ '{:999999999d}'.format(1) }}", ("large",)),
        ("{{ 'a' | center(999999999) }}", ("large",)),
        ("{{ 9**9**9 }}", ("large",)),
        ("{{ [title] * 99999999 }}", ("large",)),
        ("{% for a in range(99999) %}{{ title }}{% endfor %}", ("large",)),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ("failed", "large")),
        ("{{ " + "(" * 1400 + "1" + ")" * 1400 + " }}", ("failed", "large", "syntax")),
        ("{{ " + "-" * 2900 + "1 }}", ("failed", "large", "syntax")),
        (
            "{% set n = namespace(v=[1]) %}{% for a in range(64) %}{% set n.v = n.v + n.v %}{% endfor %}",
            ("large", "slow"),
        ),
        ("{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | regex_search('^(a+)+$') }}", ("slow",)),
    ],
)
async def test_bombs_end_with_a_reason_and_the_next_template_renders(pool: Pool, text: str, kinds: tuple[str, ...]):
    try:
        made, problem = await rendered(pool, text)
    except NoAnswer as no_answer:
        assert no_answer.why is Why.SLOW
        made, problem = None, {"kind": kinds[0]}
    assert made is None
    assert problem["kind"] in kinds, problem
    assert await rendered(pool, "{{ labels.host }}") == ("db-1", None)


async def test_what_no_signal_interrupts_is_ended_by_the_kernel(pool: Pool):
    with pytest.raises(NoAnswer) as ended:
        await rendered(pool, COMPARING)
    assert ended.value.why is Why.SLOW
    assert await rendered(pool, "{{ labels.host }}") == ("db-1", None)


async def test_a_slow_part_leaves_the_others_as_they_are(pool: Pool):
    slow = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    answer = await pool.ask(SERVER, await question({"title": slow, "severity": "high"}, PAYLOAD), BODY)
    assert answer["bundles"] == [[{"severity": "high"}]]
    assert answer["problems"] == {"title": {"kind": "slow"}}


WORDS = """{{ }} {% %} {# #} for a in payload .alerts [0] | length join if endif endfor labels ' ( ) range(9) * ** ~ - 1
e9 set x = macro m() endmacro x m() loop __class__ |attr( alert is not { } ä"""
PIECES = st.sampled_from((*WORDS.split(), " ", "\n", "\0"))
TEMPLATES = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=25).map("".join))


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(texts=st.lists(TEMPLATES, min_size=1, max_size=5))
def test_no_text_whatever_crashes_the_process(io_loop: IOLoop, pool: Pool, texts: list[str]):
    parts = ["title", "summary", "severity", "key", "resolve"][: len(texts)]

    async def all_of_them() -> Any:
        cleaned = (text.encode("utf-8", "replace").decode() for text in texts)
        return await pool.ask(SERVER, await question(dict(zip(parts, cleaned, strict=True)), PAYLOAD), BODY)

    answer = io_loop.run_sync(all_of_them)
    pids = pool.pids
    assert len(answer["bundles"]) == 1 and len(answer["bundles"][0]) == 1
    assert set(answer["bundles"][0][0]) | set(answer["problems"]) == set(parts)
    assert len(pids) <= 1


@pytest.mark.parametrize("name", sorted(environment().filters))
async def test_every_filter_works_without_opening_a_file(pool: Pool, name: str):
    _, problem = await rendered(pool, f"{{{{ title | {name} }}}}{{{{ payload.alerts | {name} }}}}{{{{ 3 | {name} }}}}")
    assert problem is None or "not available" not in problem["message"], problem


async def test_the_process_has_nothing_to_give_away(pool: Pool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ADMIN_TOKEN", "a-secret-of-ours")
    await rendered(pool, "{{ title }}")
    (pid,) = pool.pids
    environment, limits = await asyncio.to_thread(_look_at, pid)
    assert b"secret" not in environment
    for name in ("open files", "processes", "file size", "core file size"):
        line = next(line for line in limits.splitlines() if line.lower().startswith(f"max {name}"))
        assert line.split()[-3:-1] == ["0", "0"] or line.split()[-2:] == ["0", "0"], line


def _look_at(pid: int) -> tuple[bytes, str]:
    about = Path(f"/proc/{pid}")
    return (about / "environ").read_bytes(), (about / "limits").read_text()
