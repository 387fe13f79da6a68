"""Who may import whom, where each risky library lives, and where time is read. Checked by parsing, not by importing."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.registry import load
from forms.base import Form

ROOT = Path(__file__).parent.parent

# Read upwards: a module may import from lines above it, never below; a name stands for everything under it.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "bot.simulator": (),
    "bot.pauses": (),
    "bot.codes": (),
    "bot.scrubbing": (),
    "bot.sealed": (),
    "bot.secret": (),
    "bot.vault": (),
    "bot.clock": (),
    "bot.throttle": ("bot.clock",),
    "bot.generated": ("bot.secret",),
    "bot.settings": ("bot.secret", "bot.vault"),
    "bot.config": ("bot.generated", "bot.settings", "bot.secret", "bot.vault"),
    "bot.log": ("bot.clock", "bot.scrubbing"),
    "bot.core": (),
    "bot.errors": ("bot.core",),
    "bot.gathering": ("bot.errors",),
    "bot.integrations": ("bot.core", "bot.errors", "bot.clock"),
    # The kinds of senders, and what templates are for, are declared once, and forms offer them.
    "forms": ("bot.integrations.kinds", "bot.core.templates"),
    "bot.call": ("bot.core", "bot.secret", "forms"),
    "bot.registry": ("bot.call", "bot.core", "forms"),
    "bot.words": ("bot.core",),
    "bot.context": ("bot.call", "bot.core", "bot.integrations.payload", "bot.registry", "bot.secret", "bot.words"),
    "bot.described": ("bot.context", "bot.core", "bot.errors"),
    "bot.chosen": ("bot.context", "bot.core", "bot.errors", "forms"),
    "bot.at_once": ("bot.call", "bot.chosen", "bot.context", "bot.core", "bot.errors", "forms"),
    "bot.lookups": ("bot.context", "bot.core", "bot.words", "forms"),
    "bot.surfaces": ("bot.registry", "bot.call", "bot.core", "bot.words", "bot.secret", "bot.clock", "forms"),
    "bot.commands": (
        "bot.registry",
        "bot.context",
        "bot.chosen",
        "bot.at_once",
        "bot.described",
        "bot.call",
        "bot.core",
        "bot.errors",
        "bot.integrations",
        "bot.words",
        "forms",
    ),
    "bot.about": ("bot.registry", "bot.context", "bot.call", "bot.core", "bot.errors", "forms"),
    "bot.dispatch": (
        "bot.about",
        "bot.log",
        "bot.registry",
        "bot.context",
        "bot.lookups",
        "bot.call",
        "bot.core",
        "bot.errors",
        "forms",
    ),
    "bot.storage": ("bot.core", "bot.errors", "bot.clock"),
    "bot.outgoing": (),
    "bot.mattermost": (
        "bot.core",
        "bot.errors",
        "bot.gathering",
        "bot.clock",
        "bot.secret",
        "bot.vault",
        "bot.sealed",
        "bot.outgoing",
        "bot.surfaces.capabilities",
    ),
    "bot.identity": ("bot.errors", "bot.secret", "bot.vault"),
    "bot.installation": (),
    "bot.receiving": (),
    "bot.working": (),
    "bot.installation.setup": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.codes",
        "bot.throttle",
        "bot.secret",
        "bot.sealed",
        "bot.vault",
        "bot.storage",
        "bot.identity",
    ),
    "bot.working.hourly": ("bot.clock", "bot.errors", "bot.storage"),
    "bot.working.expiring": ("bot.storage", "bot.working.hourly"),
    "bot.working.resealing": ("bot.core", "bot.errors", "bot.sealed", "bot.vault", "bot.storage", "bot.working.hourly"),
    "bot.installation.installing": (
        "bot.call",
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.secret",
        "bot.sealed",
        "bot.vault",
        "bot.storage",
        "bot.outgoing",
        "bot.mattermost",
        "bot.installation.setup",
    ),
    "bot.installation.installing_natively": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.secret",
        "bot.sealed",
        "bot.vault",
        "bot.storage",
        "bot.outgoing",
        "bot.mattermost",
        "bot.installation.setup",
    ),
    "bot.linking": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.codes",
        "bot.secret",
        "bot.sealed",
        "bot.throttle",
        "bot.vault",
        "bot.storage",
        "bot.identity",
        "bot.outgoing",
        "bot.mattermost",
    ),
    "bot.installation.moving": (
        "bot.core",
        "bot.errors",
        "bot.secret",
        "bot.storage",
        "bot.installation.setup",
        "bot.installation.installing_natively",
    ),
    "bot.notices": ("bot.core", "bot.errors", "bot.clock", "bot.storage"),
    "bot.receiving.budgets": ("bot.core", "bot.errors", "bot.clock", "bot.notices"),
    "bot.receiving.held": (),
    "bot.receiving.storms": ("bot.core", "bot.clock", "bot.errors", "bot.storage"),
    "bot.receiving.flapping": ("bot.core", "bot.errors", "bot.storage"),
    "bot.receiving.allowance": (),
    "bot.receiving.deciding": ("bot.core", "bot.integrations", "bot.storage"),
    "bot.receiving.intake": (
        "bot.receiving.allowance",
        "bot.receiving.deciding",
        "bot.receiving.storms",
        "bot.receiving.flapping",
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.receiving.budgets",
        "bot.gathering",
        "bot.integrations",
        "bot.storage",
    ),
    "bot.templates": ("bot.core", "bot.errors", "bot.integrations", "bot.notices"),
    # What happens in the processes that render: nothing of the bot may be there, least of all a secret.
    "bot.templates.frames": (),
    "bot.templates.sandbox": (),
    "bot.templates.job": ("bot.templates.sandbox",),
    "bot.templates.rendering": ("bot.templates.frames", "bot.templates.job"),
    "bot.receiving.reception": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.integrations",
        "bot.storage",
        "bot.receiving.intake",
        "bot.templates",
    ),
    "bot.reaching": ("bot.core", "bot.errors"),
    "bot.contexts": (
        "bot.call",
        "bot.context",
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.registry",
        "bot.secret",
        "bot.sealed",
        "bot.vault",
        "bot.words",
        "bot.storage",
        "bot.mattermost",
        "bot.installation.installing",
        "bot.linking",
        "bot.integrations",
        "bot.templates",
        "bot.receiving.reception",
    ),
    "bot.importing_people": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.contexts.people",
        "bot.linking",
        "bot.mattermost",
        "bot.storage",
    ),
    "bot.receiving.sns": ("bot.errors", "bot.clock", "bot.integrations", "bot.outgoing", "bot.vault"),
    "bot.receiving.opsgenie": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.integrations",
        "bot.receiving.budgets",
        "bot.receiving.reception",
        "bot.storage",
        "bot.words",
    ),
    "bot.delivery": (
        "bot.core",
        "bot.errors",
        "bot.clock",
        "bot.vault",
        "bot.words",
        "bot.surfaces",
        "bot.storage",
        "bot.mattermost",
        "bot.reaching",
    ),
    "bot.working.serving": ("bot.log", "bot.core", "bot.errors", "bot.clock", "bot.gathering", "bot.storage"),
    "bot.working.watching": (
        "bot.core",
        "bot.integrations",
        "bot.receiving.reception",
        "bot.working.serving",
        "bot.storage",
    ),
    "bot.working.room": (),
    "bot.working.worker": (
        "bot.log",
        "bot.errors",
        "bot.clock",
        "bot.working.room",
        "bot.storage",
        "bot.working.serving",
    ),
    "bot.connections": (),
    "bot.metrics": ("bot.clock", "bot.receiving.intake", "bot.working.worker"),
    "bot.web": ("bot.core.text", "bot.secret", "bot.vault", "bot.words"),
    "bot.services": (
        "bot.clock",
        "bot.config",
        "bot.dispatch",
        "bot.working.expiring",
        "bot.installation.installing",
        "bot.installation.installing_natively",
        "bot.linking",
        "bot.receiving.budgets",
        "bot.receiving.held",
        "bot.receiving.intake",
        "bot.receiving.reception",
        "bot.mattermost",
        "bot.metrics",
        "bot.installation.moving",
        "bot.notices",
        "bot.outgoing",
        "bot.registry",
        "bot.working.resealing",
        "bot.installation.setup",
        "bot.receiving.sns",
        "bot.storage",
        "bot.surfaces",
        "bot.vault",
        "bot.working.worker",
    ),
    "handlers": (
        "bot.log",
        "bot.vault",
        "bot.call",
        "bot.core",
        "bot.errors",
        "bot.secret",
        "bot.sealed",
        "bot.settings",
        "bot.words",
        "bot.integrations",
        "bot.identity",
        "bot.contexts.integrations",
        "bot.installation.installing_natively",
        "bot.mattermost",
        "bot.metrics",
        "bot.notices",
        "bot.receiving.held",
        "bot.receiving.opsgenie",
        "bot.services",
        "bot.installation.setup",
        "bot.receiving.sns",
        "bot.importing_people",
        "bot.linking",
        "bot.receiving.reception",
        "bot.surfaces",
        "bot.web",
        "forms",
    ),
    "bot.composition": ("bot", "handlers"),
    "bot.demo": ("bot",),
    "bot.command_line": ("bot",),
    "bot.__main__": ("bot.command_line",),
}
# These two stand on everything, but what is not the product stays out of it, and nobody starts from within.
NEVER: dict[str, tuple[str, ...]] = {
    "bot.composition": ("bot.simulator", "bot.demo", "bot.command_line", "bot.__main__"),
    "bot.demo": ("bot.command_line", "bot.__main__"),
    "bot.command_line": ("bot.simulator", "bot.__main__"),
}

# Each heavy or risky library has its homes.
HOMES: dict[str, tuple[str, ...]] = {
    "motor": ("bot.storage",),
    "pymongo": ("bot.storage",),
    "bson": ("bot.storage",),
    "aiohttp": ("bot.outgoing", "bot.simulator", "bot.demo"),
    "cryptography": ("bot.vault", "bot.simulator"),
    "requests": ("bot.command_line",),
    "jwt": ("bot.identity", "bot.simulator"),
    "babel": ("bot.words",),
    "prometheus_client": ("bot.metrics",),
    "jinja2": ("bot.templates",),
    "icalendar": ("bot.calendars",),
    "click": ("bot.command_line", "bot.demo"),
    "marshmallow": ("forms", "bot.settings", "bot.config", "bot.dispatch", "bot.integrations", "handlers"),
}
# What decides is a function of what it is given: no loop, no clock, no dice, no log, no world.
PURE = ("bot.core", "bot.surfaces", "forms")
WORLDLY = ("asyncio", "logging", "structlog", "random", "secrets", "os", "socket", "subprocess", "time", "tornado")

# `except Exception` and wider: where a failure must not end what goes on around it.
CATCH_ALL = {
    "bot.dispatch": 1,  # every failure of a command ends as words
    "bot.working.worker": 2,  # its passes, and the renewing of its leases
    "bot.working.serving": 2,  # one document's trouble must not stop the others
    "bot.templates.job": 1,  # a template can fail in any way
    "bot.gathering": 1,  # goes on to everybody who waits for the batch
    "bot.storage.embedded": 1,  # stops mongod, then raises again
}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def modules(*folders: str) -> dict[str, str]:
    """The source of every module by its name."""
    found = {}
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path.read_text()
    return found


PRODUCT = modules("bot", "forms", "handlers")


def imports(source: str, known: dict[str, str] = PRODUCT) -> set[str]:
    """Full names of what a module imports; `from bot.core import alerts` is `bot.core.alerts`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are by full name"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else str(node.module) for name in inner}
    return found


def home(module: str, table: dict[str, tuple[str, ...]]) -> str | None:
    """The line of the table a module stands on: the longest name it is under."""
    under = [name for name in table if within(module, name)]
    return max(under, key=len, default=None)


def within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def wrong_imports(module: str, source: str) -> list[str]:
    line = home(module, MAY_IMPORT)
    if line is None:
        return [] if module == "bot" else [f"{module} stands on no line of the table"]
    allowed, never = (line, *MAY_IMPORT[line]), NEVER.get(line, ())
    ours = [name for name in imports(source) if name.split(".")[0] in ("bot", "forms", "handlers")]
    return [
        f"{module} must not import {name}"
        for name in sorted(ours)
        if not any(within(name, one) for one in allowed) or any(within(name, one) for one in never)
    ]


def homeless_libraries(module: str, source: str) -> list[str]:
    found = []
    for name in sorted({imported.split(".")[0] for imported in imports(source)}):
        if name in HOMES and not any(within(module, one) for one in HOMES[name]):
            found.append(f"{module} must not import {name}")
        if name in WORLDLY and any(within(module, one) for one in PURE):
            found.append(f"{module} is pure and must not import {name}")
    return found


def read_clocks(module: str, source: str) -> list[str]:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    attributes = [func for func in calls if isinstance(func, ast.Attribute)]
    return [
        f"{module}:{func.lineno} reads a clock: {ast.unparse(func)}"
        for func in attributes
        if (ast.unparse(func.value).split(".")[-1], func.attr) in CLOCKS
    ]


def catch_alls(source: str) -> int:
    handlers = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler))
    return sum(
        handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException") for handler in handlers
    )


def sleeps(source: str) -> Iterator[int]:
    """Lines that wait for time to pass. `sleep(0)` only lets others have their turn."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or ast.unparse(node.func).split(".")[-1] != "sleep":
            continue
        if [ast.unparse(argument) for argument in node.args] != ["0"]:
            yield node.lineno


def test_every_module_imports_only_what_the_table_allows():
    assert [problem for module, source in PRODUCT.items() for problem in wrong_imports(module, source)] == []


def test_the_table_reads_upwards():
    above: list[str] = []
    for name, allowed in MAY_IMPORT.items():
        if allowed not in (("bot",), ("bot", "handlers")):
            assert [one for one in allowed if not any(within(one, line) for line in above)] == [], name
        above.append(name)


def test_the_table_names_only_what_there_is():
    assert [line for line in MAY_IMPORT if not any(within(module, line) for module in PRODUCT)] == []


def test_each_library_stays_at_home():
    assert [problem for module, source in PRODUCT.items() for problem in homeless_libraries(module, source)] == []


def test_documents_are_replaced_by_what_can():
    """That of `dataclasses` refuses Structs, which the type checker does not know."""
    exempt = ("bot.core.replacing", "bot.simulator")
    found = [
        module
        for module, source in modules("bot", "handlers", "forms", "tests").items()
        if not any(within(module, one) for one in exempt)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if any(alias.name == "replace" for alias in node.names)
    ]
    assert found == []


def test_only_the_clock_reads_the_clock():
    found = [
        problem
        for module, source in PRODUCT.items()
        if module != "bot.clock" and not within(module, "bot.simulator")
        for problem in read_clocks(module, source)
    ]
    assert found == []


def test_only_few_places_catch_everything():
    found = {module: catch_alls(source) for module, source in PRODUCT.items() if not within(module, "bot.simulator")}
    assert {module: count for module, count in found.items() if count} == CATCH_ALL


def test_no_test_sleeps():
    found = [
        f"{module}:{line}"
        for module, source in modules("tests").items()
        if module != "tests.waiting"  # polls with a bound
        for line in sleeps(source)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("module", "source", "problem"),
    [
        ("bot.core.alerts", "from bot.storage import mongo", "bot.core.alerts must not import bot.storage.mongo"),
        ("bot.core.alerts", "import bot.errors", "bot.core.alerts must not import bot.errors"),
        ("bot.commands.x", "from bot.surfaces import apps", "bot.commands.x must not import bot.surfaces.apps"),
        ("bot.commands.x", "def f():\n    import handlers.apps", "bot.commands.x must not import handlers.apps"),
        ("bot.surfaces.x", "from bot.commands.help import help_", "bot.surfaces.x must not import bot.commands.help"),
        ("bot.simulator.x", "from bot.core.text import say", "bot.simulator.x must not import bot.core.text"),
        ("bot.composition", "import bot.simulator.server", "bot.composition must not import bot.simulator.server"),
        ("bot.stray", "", "bot.stray stands on no line of the table"),
    ],
)
def test_a_planted_import_is_caught(module: str, source: str, problem: str):
    assert wrong_imports(module, source) == [problem]


def test_planted_libraries_clocks_catch_alls_and_sleeps_are_caught():
    assert homeless_libraries("bot.core.x", "import motor.motor_asyncio") == ["bot.core.x must not import motor"]
    assert homeless_libraries("bot.core.x", "import random") == ["bot.core.x is pure and must not import random"]
    assert homeless_libraries("bot.delivery", "from requests import get") == ["bot.delivery must not import requests"]
    assert read_clocks("x", "import datetime\nat = datetime.datetime.now()") == [
        "x:2 reads a clock: datetime.datetime.now"
    ]
    assert read_clocks("x", "now = time.time()") == ["x:1 reads a clock: time.time"]
    assert read_clocks("x", "now = self.clock.now()") == []
    assert catch_alls("try:\n    f()\nexcept Exception:\n    pass\nexcept:\n    pass") == 2
    assert sorted(sleeps("await asyncio.sleep(0)\nawait asyncio.sleep(0.1)\ntime.sleep(1)")) == [2, 3]


def test_every_form_is_used_by_a_command():
    used = {command.form for command in load()}
    declared = {form for form in _subclasses(Form) if form.__module__.startswith("forms.")}
    assert {form.__name__ for form in declared - used} == set()


def _subclasses(form: type[Form]) -> Iterator[type[Form]]:
    for one in form.__subclasses__():
        yield one
        yield from _subclasses(one)


SAMPLE_FORM = """
from forms.base import Form, Text
class Wave(Form):
    title = "Wave at somebody"
    submit = "Wave"
    who = Text("Whom", hint="ben", required=True)
"""
SAMPLE_COMMAND = '''
from bot.call import tell
from bot.core.text import say
from bot.registry import command
from wave_form import Wave
@command("wave", form=Wave, section="me")
async def wave(ctx, *, who):
    """Wave at somebody friendly."""
    return tell(say("You wave at {who}.", who=who))
'''
LOOK = """
import json
from datetime import UTC, datetime
from bot.call import Ask
from bot.commands.help import _list
from bot.core.people import Role
from bot.registry import load
from bot.surfaces import apps, apps_forms, native_dialogs
from bot.surfaces.capabilities import capabilities
from bot.surfaces.tokens import Sealer
from bot.vault import Vault, generate_keys
from bot.words import Reader, words
load()
registry = load("wave_commands")
wave = registry.find("wave")
reader = Reader(now=datetime(2026, 3, 2, tzinfo=UTC))
sealer = Sealer(Vault(generate_keys()), "S1", lambda: reader.now)
tree = apps.bindings(registry, role=Role.RESPONDER, installed=True)["data"]
(slash,) = next(top for top in tree if top["location"] == "/command")["bindings"]
drawing = native_dialogs.Drawing(sealer=sealer, reader=reader, capabilities=capabilities("9.5"), dialog_url="https://b/d")
print(json.dumps({
    "binding": next(one for one in slash["bindings"] if one["label"] == "wave"),
    "dialog": native_dialogs.draw_dialog(Ask(command="wave", form=wave.form), drawing),
    "help": [words(line, reader) for line in _list(list(registry), "en")],
}))
"""


def test_a_new_command_is_two_files_and_is_drawn_on_both_surfaces(tmp_path: Path):
    """In a process of its own, because the registry is the one state that modules share."""
    (tmp_path / "wave_form.py").write_text(SAMPLE_FORM)
    (tmp_path / "wave_commands").mkdir()
    (tmp_path / "wave_commands" / "wave.py").write_text(SAMPLE_COMMAND)
    (tmp_path / "wave_commands" / "__init__.py").touch()

    done = subprocess.run(
        [sys.executable, "-c", LOOK],
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    assert seen["binding"]["description"] == "Wave at somebody friendly."
    assert seen["binding"]["form"]["submit"]["path"] == "/command/wave"
    assert [field["name"] for field in seen["binding"]["form"]["fields"]] == ["who"]
    assert seen["dialog"]["title"] == "Wave at somebody"
    assert [element["display_name"] for element in seen["dialog"]["elements"]] == ["Whom"]
    assert "- `/oncall wave [whom]`: Wave at somebody friendly." in seen["help"]
