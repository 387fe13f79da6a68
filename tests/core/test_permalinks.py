"""Links to messages."""

import pytest

from bot.core.permalinks import linked_post

SITE = "https://chat.example.com/company"
POST = "abcdefghijklmnopqrstuvwxy1"


@pytest.mark.parametrize(
    "text", [f"{SITE}/ops/pl/{POST}", f"  {SITE}/_redirect/pl/{POST}\n", f"<{SITE}/ops/pl/{POST}>"]
)
def test_a_link_means_its_message(text: str):
    assert linked_post(text, SITE) == POST
    assert linked_post(text, f"{SITE}/") == POST


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"see {SITE}/ops/pl/{POST}",
        f"{SITE}/ops/pl/{POST} and more",
        f"https://other.example.com/ops/pl/{POST}",
        f"{SITE}.evil.example/ops/pl/{POST}",
        f"{SITE}/ops/pl/{POST[:-1]}",
        f"{SITE}/ops/channels/{POST}",
        f"https://chatXexample.com/company/ops/pl/{POST}",
    ],
)
def test_anything_else_is_text(text: str):
    assert linked_post(text, SITE) == ""


def test_without_an_address_nothing_is_a_link():
    assert linked_post(f"/ops/pl/{POST}", "") == ""
