"""What the page says about OnCall: a tour for newcomers, and a line for whoever is not paged."""

from __future__ import annotations

from bot.simulator.page import Step

HINT = "You are on call here: alerts page you. Press **Acknowledge** on a card, or type `/oncall`."
HINTS = {
    "vera": "You are in customer support, off duty: nothing pages you. Ask for help with `/oncall page`, or be @ana.",
    "sam": "You are the admin and not on call: nothing pages you. You set OnCall up: `/oncall configure`. Or be @ana.",
}

FIRST = (
    Step(
        title="Let something break",
        text="Press **Fire a sample alert** and choose one. To the bot it looks as if your monitoring had sent it.",
        at=("fire-alert",),
        then="card",
    ),
    Step(
        title="It is posted, and somebody is paged",
        text="The card says what is wrong and what happens next. **@ana** is first in line and got a direct "
        "message from *oncall*. If nobody acknowledges, **@ben** is paged next.",
        at=("card",),
    ),
    Step(
        title="Take it on",
        text="Press **Acknowledge**. Everybody sees that you are on it, and nobody else is paged.",
        at=("button-Acknowledge",),
        then="button-Unacknowledge",
    ),
    Step(
        title="Buttons are also commands",
        text="Type `/oncall` and a space, and see what is offered.",
        at=("message-line",),
        then="suggestion",
    ),
    Step(
        title="Who is on call?",
        text="Type on until it says `/oncall who`, and press Enter. The answer is visible to you alone.",
        at=("message-line",),
        then="ephemeral",
    ),
)
LAST_WITH_APPS = Step(
    title="Any message can page somebody",
    text="Open the menu of a message: **Page on-call about this…** makes an alert of what somebody wrote. That was "
    "all: be somebody else with the menu at the top right.",
    at=("post-menu",),
)
LAST_WITHOUT_APPS = Step(
    title="Talk about an alert in its thread",
    text="Answer to a card and type `/oncall note the disk was full`: a command in a thread is about that alert. That "
    "was all: be somebody else with the menu at the top right.",
    at=("reply", "post-menu"),
)


def tour(*, apps: bool) -> tuple[Step, ...]:
    """The last step differs: without the Apps framework messages have no menu of ours."""
    return (*FIRST, LAST_WITH_APPS if apps else LAST_WITHOUT_APPS)
