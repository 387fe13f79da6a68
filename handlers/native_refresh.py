"""A choice in an open dialog that changes its other fields: the dialog is drawn anew (Mattermost 11.1 and later)."""

from __future__ import annotations

from bot.call import Ask
from bot.core.text import say
from bot.surfaces import native, native_dialogs
from bot.surfaces.tokens import BadToken
from bot.words import words
from handlers.native import MOVED, OUT_OF_DATE, NativeEndpoint

NO_FORM = say("This form cannot be changed any more. Please open it again.")


class NativeRefresh(NativeEndpoint):
    """POST JSON: everything that is filled in so far. Nothing is carried out, so it may arrive twice."""

    route = "native-refresh"

    def in_words(self, text: str) -> native.JSON:
        return {"error": text}

    async def post(self, server_id: str) -> None:
        server = await self.server(server_id)
        if server is None:
            return self.refuse_proof()
        body = self.read_json()
        try:
            call = native.read_dialog(body, server_id=server.id, sealer=self.services.sealer(server.id))
        except BadToken:
            return await self.tell(server, str(body.get("user_id") or ""), OUT_OF_DATE)
        if self.moved(server):
            return await self.tell(server, call.actor.user_id, MOVED)
        reply = await self.services.dispatch.redraw(call)
        reader = await self.reader(server, call.actor.user_id)
        if not isinstance(reply, Ask):
            return self.answer(self.in_words(native.text_of(reply, reader) or words(NO_FORM, reader)))
        self.answer(native_dialogs.write_next_dialog(reply, self.drawing(server, reader, call.actor.user_id)))
