"""How the plugin cleans the paths and URLs it calls."""

import posixpath
import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from bot.simulator.apps.errors import invalid

# What Go leaves unescaped in the path of a URL, beside letters, digits and "-_.~".
_SAFE_IN_PATH = "$&+,/:;=@~"
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})..?.?")


def clean_path(path: str) -> str:
    """Resolve `//`, `.` and `..` and drop a trailing slash; a path that escapes upward is refused."""
    if not path:
        raise invalid(f"path must not be empty: {path}")
    cleaned = posixpath.normpath(re.sub("/+", "/", path))
    if cleaned in {".", ".."} or cleaned.startswith("../"):
        raise invalid(f'bad path: "{path}"')
    return cleaned


def clean_url(url: str) -> str:
    """The URL as it goes out: its path decoded until nothing changes, cleaned and encoded again; the query is kept."""
    parts = urlsplit(url)
    path = clean_path(_decoded(parts.path))
    return urlunsplit(parts._replace(path=quote(path, safe=_SAFE_IN_PATH), fragment=""))


def clean_static(name: str) -> str:
    """The name of a static file, or an absolute URL left where it points."""
    parts = urlsplit(name)
    path = clean_path(_decoded(parts.path))
    if parts.scheme:
        return urlunsplit(parts._replace(path=path))
    return path.lstrip("/") or "."


def _decoded(path: str) -> str:
    while True:
        broken = _BROKEN_ESCAPE.search(path)
        if broken:
            raise invalid(f'invalid URL escape "{broken.group()}"')
        decoded = unquote(path)
        if decoded == path:
            return path
        path = decoded


def is_http_url(url: str) -> bool:
    """Whether the URL is absolute, http or https, with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
