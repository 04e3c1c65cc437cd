"""A form that was refused, as its page shows it once more: with what was typed, and with what is
wrong beside the field.

A page may have many forms, and rows of them with one address; the one that was sent is known by
its address and by what it carries unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote

from markupsafe import Markup

from parley.console.frame import View
from parley.console.guard import Form

# What is wrong with what was typed; a line that is halted, or a full disk, is no fault of a field.
OF_FIELDS = frozenset(("refused", "malformed", "misused", "not known"))


@dataclass(frozen=True, slots=True)
class Sent:
    """One form of a page; `open` when it is the one that was refused."""

    open: bool
    form: Form
    error: View | None

    def get(self, name: str, otherwise: str = "") -> str:
        """What was typed there, or what a fresh form begins with."""
        return self.form.text(name) if self.open else otherwise

    def marks(self, name: str, alone: bool = False) -> Markup:
        """The attributes of that field: that it was refused, and where it says why."""
        if not self.open:
            return Markup("")
        wrong = Markup(' aria-invalid="true" aria-describedby="fault-{}"').format(name)
        return Markup(" data-refused") + (wrong if self.fault(name, alone) else "")

    def fault(self, name: str, alone: bool = False) -> View | None:
        """What is wrong with that field; where it stands `alone` in its form, whatever is wrong
        and was not said of another one."""
        if not self.open or self.error is None:
            return None
        meant = self.error["field"] or (name if alone else "")
        return self.error if meant == name and self.error["kind"] in OF_FIELDS else None


@dataclass(frozen=True, slots=True)
class Returned:
    """What was sent to a page, and refused."""

    address: str
    form: Form
    error: View | None

    def of(self, action: str, **carried: object) -> Sent:
        """The form of that address with these hidden fields."""
        same = unquote(action) == unquote(self.address) and all(
            self.form.get(name) == str(value) for name, value in carried.items()
        )
        return Sent(same and self.error is not None, self.form, self.error)
