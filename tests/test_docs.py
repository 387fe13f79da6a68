"""What users and new developers read agrees with the code: settings, commands, figures, paths, links, examples."""

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from bot.command_line import main
from bot.config import DEMO_DATA_DIR, NAMES, Role, read_config
from bot.integrations.kinds import KINDS
from bot.registry import load
from bot.vault import generate_keys

ROOT = Path(__file__).parent.parent
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
}
EVERYTHING = "\n".join(PAGES.values())
OURS = ("bot", "forms", "handlers", "tests", "docs", "bench", ".ci")
FILE = re.compile(r"[\w./-]+(?:\.(?:py|md|txt|toml|png)|/)")
MODULE = re.compile(r"(?:bot|forms|handlers|tests)(?:\.\w+)+")
COMMAND = re.compile(r"python -m bot(?: (?P<name>[a-z]+))?(?P<rest>[^`\n]*)")
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|registry\.npmjs|proxy\.golang|crates\.io")
MACHINE = re.compile(r"(?<![\w/:.-])/(?:work|tmp|home|root|Users|var)/")


def code_spans(text: str) -> Iterator[str]:
    """What stands between backticks in running text, not in blocks of code."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return (span.strip() for span in re.findall(r"`([^`\n]+)`", prose))


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^ *```\w*\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)


def rows(text: str, *, under: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    _, _, rest = text.partition(f"\n## {under}\n")
    lines = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# ---- settings ----


def test_the_table_of_settings_has_them_all_in_order():
    settings = rows(PAGES["docs/operations.md"], under="Settings")
    assert [row[0].strip("`") for row in settings] == list(NAMES)


def test_the_readme_has_the_same_table():
    assert rows(PAGES["README.md"], under="Settings") == rows(PAGES["docs/operations.md"], under="Settings")


def test_the_defaults_in_the_table_are_the_defaults(tmp_path: Path):
    needed = {
        "MONGODB_URI": "mongodb://host/",
        "ENCRYPTION_KEYS": generate_keys(),
        "ADMIN_TOKEN": "0123456789abcdef",
    }
    usual = read_config(needed, Role.WEB)
    demo = read_config({"DATA_DIR": str(tmp_path)}, Role.DEMO)
    told = {row[0].strip("`"): row[1] for row in rows(PAGES["docs/operations.md"], under="Settings")}

    assert told["PORT"] == f"`{usual.port}`"
    assert (usual.host, told["HOST"]) == ("", f"all addresses (`demo`: `{demo.host}`)")
    assert (usual.trusted_proxies, told["TRUSTED_PROXIES"]) == ((), "none")
    assert told["PUBLIC_URL"] == f"`{usual.public_url}`".replace(str(usual.port), "$PORT")
    assert (demo.mongodb_uri, told["MONGODB_URI"]) == (None, "none: embedded (`serve` and `demo` only)")
    assert told["DATA_DIR"] == f"`./{usual.data_dir}` (`demo`: `./{DEMO_DATA_DIR}`)"
    assert told["ENCRYPTION_KEYS"] == told["ADMIN_TOKEN"] == "generated if embedded, else required"
    assert (usual.allow_private_networks, told["ALLOW_PRIVATE_NETWORKS"]) == ((), "none (`demo`: this machine)")
    assert {str(network) for network in demo.allow_private_networks} == {"127.0.0.0/8", "::1/128"}
    assert told["LOG_LEVEL"] == f"`{usual.log_level}`"
    assert told["LOG_FORMAT"] == f"`{usual.log_format}`"


# ---- what people type ----


@pytest.mark.parametrize("name", sorted(command.name for command in load() if not command.hidden))
def test_every_command_is_in_the_documentation(name: str):
    assert re.search(rf"`/oncall {re.escape(name)}(?=[` ])", EVERYTHING)


def test_every_command_in_the_documentation_exists():
    registry = load()
    typed = set(re.findall(r"`/oncall ([a-z][^`]*)`", EVERYTHING))
    assert [line for line in sorted(typed) if registry.read_name(line.split())[0] is None] == []


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_of_the_operator_is_in_the_documentation(name: str):
    for page in ("README.md", "docs/operations.md"):
        assert f"python -m bot {name}" in PAGES[page], page


def test_every_command_of_the_operator_in_the_documentation_exists():
    wrong = []
    for found in COMMAND.finditer(EVERYTHING):
        command = main.commands.get(found["name"] or "serve")
        options = {"--help"} | (_options(command) if command else set())
        if command is None or set(re.findall(r"(?<= )--[a-z-]+", found["rest"])) - options:
            wrong.append(found[0])
    assert wrong == []


def _options(command: click.Command) -> set[str]:
    """Its own and those of its sub-commands."""
    own = {name for one in command.params if isinstance(one, click.Option) for name in one.opts}
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return own.union(*(_options(one) for one in inner))


def test_every_kind_of_sender_is_in_the_readme():
    told = re.findall(
        r"^\| `(\w+)` \| (.+) \|$", PAGES["README.md"].partition("| kind |")[2].partition("\n\n")[0], re.M
    )
    assert told == [(kind.name, kind.label) for kind in KINDS]


def test_every_target_of_make_in_the_documentation_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", EVERYTHING, flags=re.MULTILINE)) - targets == set()


def test_the_figures_in_the_documentation_are_those_of_the_code():
    tree = ast.parse((ROOT / "bot" / "metrics.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    real = {
        f"{call.args[0].value}_total" if call.func.id == "CounterMetricFamily" else call.args[0].value
        for call in calls
        if call.args and isinstance(call.args[0], ast.Constant) and str(call.args[0].value).startswith("oncall_")
    }
    assert set(re.findall(r"`(oncall_\w+)`", PAGES["docs/operations.md"])) == real


# ---- what is where ----


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page: str):
    named = {span for span in code_spans(PAGES[page]) if FILE.fullmatch(span) and span.split("/")[0] in OURS}
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("page", PAGES)
def test_every_module_exists(page: str):
    named = {span for span in code_spans(PAGES[page]) if MODULE.fullmatch(span)}
    assert sorted(name for name in named if not _is_module(name)) == []


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def test_every_folder_of_the_bot_is_in_the_tree():
    _, _, rest = PAGES["docs/architecture.md"].partition("\n## The tree\n")
    tree = code_blocks(rest)[0]
    folders = {path.parent.name for path in (ROOT / "bot").glob("*/__init__.py")}
    assert sorted(name for name in folders if f"{name}/" not in tree) == []
    files = set(re.findall(r"\b(\w+\.py)\b", tree)) - {"__init__.py"}
    assert sorted(name for name in files if not (ROOT / "bot" / name).exists()) == []


def test_examples_are_the_files_they_say_they_are():
    shown = re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", EVERYTHING, flags=re.DOTALL)
    assert shown
    assert [path for path, text in shown if (ROOT / path).read_text() != text] == []


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str):
    here = (ROOT / page).parent
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = here / path if path else ROOT / page
        if not file.exists() or (anchor and anchor not in _anchors(file.read_text())):
            broken.append(target)
    assert broken == []


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_decision_is_listed():
    listed = set(re.findall(r"\(adr/([\w-]+\.md)\)", PAGES["docs/architecture.md"]))
    assert listed == {path.name for path in (ROOT / "docs" / "adr").glob("*.md")}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_names_a_machine_or_a_registry(page: str):
    assert REGISTRIES.findall(PAGES[page]) == []
    assert MACHINE.findall(PAGES[page]) == []


@pytest.mark.parametrize(("name", "most_bytes"), [("picture.png", 300_000), ("modals.png", 1_500_000)])
def test_the_pictures_are_there_and_small(name: str, most_bytes: int):
    picture = (ROOT / "docs" / name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < most_bytes


# ---- the tests above can fail ----


def test_spans_and_tables_are_read_as_written():
    text = "\n## Settings\n\n| a | b |\n|---|---|\n| `X` | 1 |\n\n## More\n\n| `Y` | 2 |\n"
    assert rows(text, under="Settings") == [["`X`", "1"]]
    assert list(code_spans("see `bot/x.py`\n```\n`not this`\n```\nand `bot.y`")) == ["bot/x.py", "bot.y"]
    assert _anchors("# Hello, you!\n## What's in it") == {"hello-you", "whats-in-it"}
    assert not _is_module("bot.nothing_like_this")
    assert MACHINE.findall("in `/tmp/x` but not https://a.example/tmp/x or /setup") == ["/tmp/"]
