"""Everything a browser needs to draw one person's screen, as JSON."""

from dataclasses import asdict
from typing import Any

from bot.simulator.client.modal import Modal, ModalField
from bot.simulator.client.person import Person
from bot.simulator.client.rendering import Card, RenderedPost
from bot.simulator.page.seats import Seat, Seats
from bot.simulator.records import Channel, User

Json = dict[str, Any]
POSTS_SHOWN = 150


def snapshot(seats: Seats, seat: Seat) -> Json:
    """Looking at a channel marks it as read."""
    person = seat.person
    channel = person.channel
    posts = person.posts()
    seat.seen[channel.id] = person.simulator.state.now()
    return {
        "title": seats.site.title,
        "hint": seats.site.hints.get(person.user.username, seats.site.hint),
        "tour": [asdict(step) for step in seats.site.tour],
        "start": seats.site.start_channel,
        "surface": surface_of(seats),
        "siblings": [{"label": label, "url": url} for label, url in seats.site.siblings],
        "samples": [asdict(sample) for sample in seats.site.samples] if seats.site.fire else [],
        "can_resolve": seats.site.resolve is not None,
        "people": [_somebody(person.simulator.state.usernames[name]) for name in seats.people()],
        "me": _somebody(person.user),
        "team": _team_name(person),
        "channels": [_channel(seat, one) for one in person.screen.channels()],
        "directs": [_channel(seat, one) for one in person.screen.direct_channels()],
        "channel": {**_channel(seat, channel), "header": channel.header, "members": len(channel.members)},
        "apps": _apps(person, channel),
        "posts": [_post(person, post) for post in posts[-POSTS_SHOWN:]],
        "modal": _modal(person.modal),
        "problem": _problem(person),
        "opened": person.opened,
        "notices": len(person.notices),
    }


def surface_of(seats: Seats) -> str:
    if seats.site.surface:
        return seats.site.surface
    simulator = seats.simulator
    return "Apps framework" if simulator.apps is not None else f"Native v{simulator.profile.version}"


def _somebody(user: User) -> Json:
    full_name = f"{user.first_name} {user.last_name}".strip()
    return {
        "username": user.username,
        "name": full_name,
        "position": user.position,
        "timezone": user.timezone,
        "is_admin": user.has_role("system_admin"),
    }


def _team_name(person: Person) -> str:
    team = person.desk.team()
    return team.display_name or team.name if team else ""


def _channel(seat: Seat, channel: Channel) -> Json:
    user = seat.person.user
    other = next((user_id for user_id in channel.members if user_id != user.id), user.id)
    partner = seat.person.simulator.state.users[other] if channel.type == "D" else None
    seen = seat.seen.get(channel.id, 0)
    unread = [one for one in channel.posts if one.create_at > seen and one.user_id != user.id and not one.delete_at]
    mention = f"@{user.username}"
    return {
        "id": channel.id,
        "name": partner.username if partner else channel.name,
        "label": partner.username if partner else channel.display_name or channel.name,
        "type": channel.type,
        "is_bot": bool(partner and partner.is_bot),
        "unread": len(unread),
        "mentions": len(unread) if partner else sum(mention in one.message for one in unread),
    }


def _apps(person: Person, channel: Channel) -> Json:
    """Menu entries and header buttons, as far as the bindings have arrived."""
    known = person.apps.known(channel.id)
    return {
        "menu": [one["label"] for one in known.get("/post_menu", [])],
        "header": [one["label"] for one in known.get("/channel_header", [])],
    }


def _post(person: Person, post: RenderedPost) -> Json:
    return {
        "id": post.id,
        "root_id": post.root_id,
        "author": post.author,
        "is_bot": post.is_bot,
        "is_private": post.is_private,
        "is_edited": post.is_edited,
        "is_pinned": post.is_pinned,
        "is_system": post.is_system,
        "priority": post.priority,
        "text": post.text,
        "at": post.at,
        "cards": [_card(person, card) for card in post.cards],
        "reactions": [{"emoji": name, "count": count} for name, count in post.reactions],
        "replies": [_post(person, reply) for reply in post.replies],
    }


def _card(person: Person, card: Card) -> Json:
    return {
        **{key: getattr(card, key) for key in ("title", "title_link", "pretext", "text", "color", "author", "footer")},
        "fields": [asdict(field) for field in card.fields],
        "buttons": [
            {"label": one.label, "style": one.style, "disabled": one.disabled, "tooltip": one.tooltip}
            for one in card.buttons
        ],
        "selects": [
            {
                "label": one.label,
                "default": one.default,
                "disabled": one.disabled,
                "options": [{"label": option.label, "value": option.value} for option in person.offered(one)],
            }
            for one in card.selects
        ],
    }


def _modal(modal: Modal | None) -> Json | None:
    if modal is None:
        return None
    return {
        "id": id(modal),
        "edition": modal.edition,
        "title": modal.title,
        "header": modal.header,
        "fields": [_field(one) for one in modal.fields if one.kind not in ("unknown", "action_button", "file")],
        "submit_label": modal.submit_label,
        "button_field": modal.button_field,
        "buttons": modal.buttons,
        "error": modal.error,
        "errors": modal.errors,
    }


def _field(one: ModalField) -> Json:
    keys = ("name", "kind", "label", "required", "help", "placeholder", "options", "value", "multiselect")
    more = ("refresh", "readonly", "subtype", "max_length")
    searched = one.lookup is not None or one.kind in ("user", "channel")
    found = {**{key: getattr(one, key) for key in keys + more}, "searched": searched}
    return {**found, "options": []} if searched else found  # asked for while typing, no reason to redraw


def _problem(person: Person) -> Json | None:
    """The last notice if it stands at the message box or on a post, not in the channel."""
    last = person.desk.notices[-1] if person.desk.notices else None
    if last is None or last.where not in ("composer", "action") or last.channel_id != person.desk.channel_id:
        return None
    return {"text": last.text, "where": last.where, "post_id": last.post_id}
