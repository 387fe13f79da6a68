"""What people do in the browser, turned into what a person does at the keyboard."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from bot.simulator.client.modal import fill
from bot.simulator.client.rendering import Button, RenderedPost, Select
from bot.simulator.page.seats import Seat, Seats

Json = dict[str, Any]
Pressable = TypeVar("Pressable", Button, Select)
Intent = Callable[[Seats, Seat, Json], Awaitable[Json]]


async def obey(seats: Seats, body: Json) -> Json:
    """Carry out `{"person", "intent", …}`; raises LookupError or KeyError when it makes no sense."""
    seat = seats.take(str(body["person"]))
    intent = INTENTS.get(str(body["intent"]))
    if intent is None:
        raise LookupError(f"Unknown intent {body['intent']!r}.")
    try:
        return await intent(seats, seat, body)
    finally:
        seat.changed()


async def _enter(seats: Seats, seat: Seat, body: Json) -> Json:
    """Be this person from now on; the handler gives the browser their session."""
    return {}


async def _open(seats: Seats, seat: Seat, body: Json) -> Json:
    seat.person.opens(str(body["channel"]))
    return {}


async def _type(seats: Seats, seat: Seat, body: Json) -> Json:
    """The draft is kept when an error stands at the message box."""
    before = len(seat.person.desk.notices)
    await seat.person.types(str(body["text"]), root=body.get("root") or None)
    news = seat.person.desk.notices[before:]
    return {"kept": any(notice.where == "composer" for notice in news)}


async def _open_in_modal(seats: Seats, seat: Seat, body: Json) -> Json:
    await seat.person.opens_in_modal(str(body["text"]), root=body.get("root") or None)
    return {}


async def _click(seats: Seats, seat: Seat, body: Json) -> Json:
    drawn = seat.person.drawn(str(body["post"]))
    buttons = [button for card in drawn.cards for button in card.buttons]
    await seat.person.press(_same(buttons, body).press, drawn)
    return {}


async def _choose(seats: Seats, seat: Seat, body: Json) -> Json:
    drawn = seat.person.drawn(str(body["post"]))
    select = _same([select for card in drawn.cards for select in card.selects], body)
    option = next((one for one in seat.person.offered(select) if one.value == body["value"]), None)
    if option is None:
        raise LookupError("This choice is no longer on offer.")
    await seat.person.press(option.press or select.press, drawn, selected=option.value)
    return {}


def _same(offered: list[Pressable], body: Json) -> Pressable:
    """By place and label: two buttons may be called the same, and the post may have changed meanwhile."""
    index = int(body["index"])
    if index < len(offered) and offered[index].label == body["label"]:
        return offered[index]
    raise LookupError("The post has changed meanwhile. Look again and press once more.")


async def _pick(seats: Seats, seat: Seat, body: Json) -> Json:
    drawn: RenderedPost = seat.person.drawn(str(body["post"]))
    await seat.person.picks(str(body["label"]), drawn)
    return {}


async def _header(seats: Seats, seat: Seat, body: Json) -> Json:
    await seat.person.header(str(body["label"]))
    return {}


async def _submit(seats: Seats, seat: Seat, body: Json) -> Json:
    values = _fill(seat, body)
    modal = seat.person.modal
    if modal and modal.button_field and body.get("button"):
        values[modal.button_field] = str(body["button"])
    await seat.person.submits(**values)
    return {}


async def _change(seats: Seats, seat: Seat, body: Json) -> Json:
    _fill(seat, body)
    name = str(body["field"])
    await seat.person.changes(name, body["values"][name])
    return {}


def _fill(seat: Seat, body: Json) -> Json:
    """Put everything the browser holds into the modal; nothing is left to be filled by the submit."""
    modal = seat.person.modal
    for name, value in (body.get("values") or {}).items():
        if modal and value is not None:
            fill(modal.field(name), value, seat.person.desk.names)
    return {}


async def _search(seats: Seats, seat: Seat, body: Json) -> Json:
    name = str(body["field"])
    await seat.person.searches(name, str(body["text"]))
    modal = seat.person.modal
    return {"options": modal.field(name).options if modal else []}


async def _cancel(seats: Seats, seat: Seat, body: Json) -> Json:
    if seat.person.modal:
        await seat.person.cancels()
    return {}


async def _suggest(seats: Seats, seat: Seat, body: Json) -> Json:
    found = await seat.person.suggestions(str(body["text"]))
    return {"suggestions": [asdict(one) for one in found]}


async def _dismiss(seats: Seats, seat: Seat, body: Json) -> Json:
    desk = seat.person.desk
    desk.private = [post for post in desk.private if post.id != body["post"]]
    return {}


async def _fire(seats: Seats, seat: Seat, body: Json) -> Json:
    if seats.site.fire is None:
        raise LookupError("There are no sample alerts here.")
    return {"said": await seats.site.fire(str(body["sample"]))}


async def _resolve(seats: Seats, seat: Seat, body: Json) -> Json:
    if seats.site.resolve is None:
        raise LookupError("Sample alerts cannot be resolved here.")
    return {"said": await seats.site.resolve(str(body["sample"]))}


INTENTS: dict[str, Intent] = {
    "enter": _enter,
    "open": _open,
    "type": _type,
    "open_in_modal": _open_in_modal,
    "click": _click,
    "choose": _choose,
    "pick": _pick,
    "header": _header,
    "submit": _submit,
    "change": _change,
    "search": _search,
    "cancel": _cancel,
    "suggest": _suggest,
    "dismiss": _dismiss,
    "fire": _fire,
    "resolve": _resolve,
}
