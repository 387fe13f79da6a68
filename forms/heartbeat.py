"""Heartbeats that are not missed for a while, or no more."""

from __future__ import annotations

from forms.base import Duration, Form, Lookup, Text


class PauseHeartbeat(Form):
    title = "Pause a heartbeat"
    submit = "Pause"
    introduction = "It is not missed meanwhile. When the pause is over, it has as long as usual for its next report."

    name = Lookup("Heartbeat", hint="Backup", required=True, choices="heartbeats")
    duration = Duration("For how long", hint="30m, 2h, until 18:00", required=True)
    reason = Text("Reason", hint="Moving to another host", rest=True)


class ResumeHeartbeat(Form):
    title = "Resume a heartbeat"
    submit = "Resume"
    introduction = "It is missed again if its next report does not come in time, counted from now."

    name = Lookup("Heartbeat", required=True, choices="heartbeats", rest=True)


class RemoveHeartbeat(Form):
    title = "Remove a heartbeat"
    submit = "Remove"
    introduction = "Reports are not expected any more, and refused. The integration stays."

    name = Lookup("Heartbeat", required=True, choices="heartbeats", rest=True)
