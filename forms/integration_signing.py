"""The secret with which a sender signs."""

from __future__ import annotations

from forms.base import Form, Lookup, SecretText


class SignIntegration(Form):
    title = "Check signatures"
    submit = "Save"
    introduction = "What is not signed with this secret is refused from then on. It is kept encrypted, and never shown."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)
    secret = SecretText("Signing secret", help="As it stands in the sender.", required=True, typed=False)


class UnsignIntegration(Form):
    title = "Check no signatures"
    submit = "Save"
    introduction = "The key in the address is the only proof from then on."

    name = Lookup("Integration", required=True, choices="integrations", rest=True)
