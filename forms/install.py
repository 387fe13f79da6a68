"""The install code that finishes an installation."""

from __future__ import annotations

from forms.base import Form, SecretText


class Install(Form):
    title = "Finish the set-up"
    submit = "Finish"
    introduction = "The install code was shown together with the install secret when this set-up was created."

    code = SecretText("Install code", hint="XXXXX-XXXXX", required=True, typed=False)
