"""A choice in an open dialog that changes its other fields: the dialog is drawn anew (Mattermost 11.1 and later)."""

from __future__ import annotations

from bot.call import Ask
from bot.core.text import say
from bot.surfaces import native, native_dialogs
from bot.words import words
from handlers.native import MOVED, NativeForm

NO_FORM = say("This form cannot be changed any more. Please open it again.")


class NativeRefresh(NativeForm):
    """Everything that is filled in so far. Nothing is carried out, so it may arrive twice."""

    route = "native-refresh"

    async def post(self, server_id: str) -> None:
        sent = await self.read_form(server_id)
        if sent is None:
            return None
        server, _, call = sent
        if self.moved(server):
            return await self.tell(server, call.actor.user_id, MOVED)
        reply = await self.services.dispatch.redraw(call)
        reader = await self.reader(server, call.actor.user_id)
        if not isinstance(reply, Ask):
            return self.answer(self.in_words(native.text_of(reply, reader) or words(NO_FORM, reader)))
        self.answer(native_dialogs.write_next_dialog(reply, self.drawing(server, reader, call.actor.user_id)))
