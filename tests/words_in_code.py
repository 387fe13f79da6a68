"""Every text that people can read, found in the code, and what is wrong with its translations.

`python -m tests.words_in_code de` brings the catalog of a language up to date: new texts come in with an empty
translation, texts that are gone leave, the others stay as they are. A new language starts the same way.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import normalize, read_po

from bot.integrations.kinds import KINDS
from bot.registry import Command, load
from bot.web import TEMPLATES
from bot.words import is_prose, pieces
from bot.words.translations import FILES, FOLDER
from forms.base import HELP_BYTES, HINT_BYTES, LABEL_BYTES, TITLE_BYTES

ROOT = Path(__file__).parent.parent
FOLDERS = ("bot", "forms", "handlers")
# Not the product, or for operators and programs, who are told in English.
LEFT_OUT = (
    "bot/simulator",
    "bot/demo",
    "bot/command_line",
    "bot/installation/moving.py",
    "bot/importing_people.py",
    "bot/receiving/opsgenie",
)
MAKERS = {"say": 1, "count": 2, "Message": 1, "declared": 1}
# These draw what a declaration says, which is found where it is declared.
DRAW_DECLARATIONS = (
    "bot/surfaces",
    "bot/web",
    "handlers/setup_page.py",
    "bot/words",
    "bot/lookups.py",
    "bot/dispatch.py",
    "bot/commands/help.py",
    "bot/commands/integration.py",
)
# Where the makers themselves are made.
MADE_IN = "bot/core/text.py"
SUMMARY_BYTES = 150
OPTION_BYTES = 90

_PLACE = re.compile(r"\{(\w+)\}|<(url|host|domain|key)>")
_CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)
# What a template of a page puts out as it is.
_DRAWN = re.compile(r"\{%\s*raw\s+(.*?)\s*%\}", re.DOTALL)
_END = re.compile(r"(?:[.:?…]|\.`)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text in the code; `other` is its plural, `limit` how many bytes its place has."""

    text: str
    where: str
    other: str = ""
    limit: int = 0


# ---- in the code ---------------------------------------------------------------------------------------------------


def everything() -> tuple[dict[str, Found], list[str]]:
    """All texts by their English, with the strictest limit of their places; and what could not be read."""
    found, problems = [*in_declarations()], []
    for path in sources():
        texts, unread = in_source(path.read_text(), path.relative_to(ROOT).as_posix())
        found += texts
        problems += unread
    for page in sorted(TEMPLATES.glob("*.html")):
        texts, unread = in_template(page.read_text(), page.relative_to(ROOT).as_posix())
        found += texts
        problems += unread
    return joined(found), problems


def joined(found: Iterable[Found]) -> dict[str, Found]:
    texts: dict[str, Found] = {}
    for one in found:
        known = texts.get(one.text)
        limits = [limit for limit in (one.limit, known.limit if known else 0) if limit]
        first = known or one
        texts[one.text] = Found(
            text=one.text, where=first.where, other=first.other or one.other, limit=min(limits, default=0)
        )
    return {text: one for text, one in texts.items() if needs_words(text)}


def needs_words(text: str) -> bool:
    """Whether there is anything to translate but places, code and punctuation."""
    return any(letter.isalpha() for letter in _CODE.sub("", _PLACE.sub("", text)))


def sources() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.relative_to(ROOT).as_posix().startswith((*LEFT_OUT, MADE_IN)):
                yield path


def in_source(source: str, where: str) -> tuple[list[Found], list[str]]:
    """What `say`, `count`, `Message` and `declared` are given, and the calls whose text cannot be read."""
    found, unread = [], []
    tree = ast.parse(source)
    constants = dict(_constants(tree))
    for node in ast.walk(tree):
        name, texts = _made(node, constants)
        if not name:
            continue
        if None not in texts:
            english, *other = texts
            found.append(Found(text=str(english), other=str(other[0]) if other else "", where=where))
        elif name in ("say", "count", "Message") or not where.startswith(DRAW_DECLARATIONS):
            unread.append(f"{where}:{node.lineno}: {ast.unparse(node)[:100]}")
    return found, unread


def in_template(page: str, where: str) -> tuple[list[Found], list[str]]:
    """What `say` is given in a template of a page."""
    read = [in_source(expression, where) for expression in _DRAWN.findall(page)]
    return [one for found, _ in read for one in found], [problem for _, unread in read for problem in unread]


def bare_words(page: str) -> set[str]:
    """What a template of a page says by itself, in texts and in the attributes that people read."""
    drawn = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<code\b.*?</code>", "\0", page, flags=re.DOTALL)
    read = [*re.split(r"<[^>]*>|\0", drawn), *re.findall(r'\b(?:placeholder|title|alt|aria-label)="([^"]*)"', drawn)]
    return {text for piece in read if needs_words(text := " ".join(piece.split()).strip("·\0 "))}


def _made(node: ast.AST, constants: dict[str, str]) -> tuple[str, list[str | None]]:
    """The maker's name and its texts; None for one that is not written there."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return "", []
    name = node.func.id
    english = [keyword.value for keyword in node.keywords if keyword.arg == "english"]
    if name == "Text" and english:
        return name, [_literal(english[0], constants)]
    if name not in MAKERS:
        return "", []
    return name, [_literal(argument, constants) for argument in node.args[: MAKERS[name]]] or [None]


def _literal(node: ast.expr, constants: dict[str, str]) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return constants.get(node.id) if isinstance(node, ast.Name) else None


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _literal(node.value, {})
            if text is not None:
                yield node.targets[0].id, text


# ---- in declarations -----------------------------------------------------------------------------------------------


def in_declarations() -> Iterator[Found]:
    for command in load():
        yield from _of_command(command)
    for kind in KINDS:
        for piece in filter(is_prose, pieces(kind.configuration)):
            yield Found(text=piece.strip(), where=f"{kind.read.__module__.replace('.', '/')}.py")


def _of_command(command: Command) -> Iterator[Found]:
    where = f"{command.run.__module__.replace('.', '/')}.py"
    if not command.hidden:
        yield Found(text=command.summary, where=where, limit=SUMMARY_BYTES)
    yield Found(text=command.menu, where=where)
    yield Found(text=command.header, where=where)
    form = command.form
    where = f"{form.__module__.replace('.', '/')}.py"
    yield Found(text=form.title, where=where, limit=TITLE_BYTES)
    yield Found(text=form.submit, where=where, limit=TITLE_BYTES)
    yield Found(text=form.introduction, where=where)
    for field in form.inputs().values():
        yield Found(text=field.label, where=where, limit=LABEL_BYTES)
        yield Found(text=field.help, where=where, limit=HELP_BYTES)
        yield Found(text=field.hint, where=where, limit=HINT_BYTES)
        for option in field.options:
            yield Found(text=option.label, where=where, limit=OPTION_BYTES)


# ---- in a catalog --------------------------------------------------------------------------------------------------


def problems_of(messages: Iterable[Message], texts: dict[str, Found]) -> list[str]:
    """What is missing in a catalog, too much in it, or wrong."""
    known = {id_of(message): message for message in messages if id_of(message)}
    missing = [f"not translated ({texts[text].where}): {text}" for text in texts if text not in known]
    gone = [f"not in the code any more: {text}" for text in known if text not in texts]
    wrong = [problem for text, message in known.items() if text in texts for problem in _wrong(message, texts[text])]
    return missing + gone + wrong


def id_of(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def forms_of(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def _wrong(message: Message, found: Found) -> Iterator[str]:
    forms = forms_of(message)
    if not all(forms) or message.fuzzy:
        yield f"not translated ({found.where}): {found.text}"
        return
    if bool(found.other) != (not isinstance(message.id, str)):
        yield f"has a plural in one place only: {found.text}"
    if found.other and not isinstance(message.id, str) and message.id[1] != found.other:
        yield f"has another plural now: {found.text}"
    last = found.other or found.text
    for form in forms:
        if not places(form) <= places(found.text) | places(last) or (
            form is forms[-1] and places(form) != places(last)
        ):
            yield f"has other places: {form}"
        if sorted(_CODE.findall(form)) != sorted(_CODE.findall(last)):
            yield f"has other code: {form}"
        if form[:1].isspace() != last[:1].isspace() or _ending(form) != _ending(last):
            yield f"ends or begins otherwise than “{last}”: {form}"
        if found.limit and len(form.encode()) > found.limit:
            yield f"has {len(form.encode())} bytes, and {found.limit} fit: {form}"


def places(text: str) -> set[str]:
    return {place[0] or place[1] for place in _PLACE.findall(text)}


def _ending(text: str) -> str:
    found = _END.search(text)
    return found.group() if found else ""


# ---- writing -------------------------------------------------------------------------------------------------------


def update(name: str) -> str:
    """The catalog as it should be written: by file, in the order of the code."""
    known = {id_of(message): message for message in catalog_of(name)} if name.lower() in FILES else {}
    number, expression = get_plural(Locale.parse(name))[:2]
    header = {
        "Language": name,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": f"nplurals={number}; plural={expression};",
    }
    blocks = ['msgid ""\nmsgstr ""\n' + "\n".join(f'"{key}: {value}\\n"' for key, value in header.items())]
    for found in sorted(everything()[0].values(), key=lambda found: found.where):
        blocks.append(_block(found, known.get(found.text), number))
    return "\n\n".join(blocks) + "\n"


def _block(found: Found, message: Message | None, number: int) -> str:
    forms = forms_of(message) if message else ()
    lines = [f"#: {found.where}", f"msgid {_quoted(found.text)}"]
    if not found.other:
        return "\n".join([*lines, f"msgstr {_quoted(forms[0] if forms else '')}"])
    lines.append(f"msgid_plural {_quoted(found.other)}")
    for place in range(number):
        lines.append(f"msgstr[{place}] {_quoted(forms[place] if place < len(forms) else '')}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return normalize(text, width=110)


def catalog_of(name: str) -> Catalog:
    with FILES[name.lower()].open("rb") as file:
        return read_po(file)


if __name__ == "__main__":
    language = sys.argv[1]
    written = update(language)
    (FOLDER / f"{language}.po").write_text(written)
