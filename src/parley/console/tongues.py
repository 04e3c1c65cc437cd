"""The six languages of the console: which one a page speaks, and how its fixed texts are found.

    _("Nothing yet.")                                   a text
    _("Read back %(ref)s", ref=ref)                     with a value; values stand isolated
    ngettext("%(num)s line", "%(num)s lines", count)    with a number, by the plural rules
    pgettext("state", "Open")                           where English has one word for two things
    N_("Inbox")                                         marked here, looked up where it is shown

Templates call the same names, or write `{% trans %}`. The catalogues are GNU gettext's, one `.po` a
language in `locale/`; each is read when first asked for, beside the loop. Decision 0032.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from gettext import GNUTranslations, NullTranslations, c2py
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from jinja2 import Environment

DOMAIN = "parley"
SCRIPTS = "console/static/"
SAID = "station"  # the context of what the station says: the sentences of its errors
COOKIE = "parley_tongue"  # for pages outside any seat, before it is known who reads
COOKIE_DAYS = 365
# First strong isolate and its end (UAX 9): what stands between them turns nothing around it.
FSI, PDI = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language: its code in BCP 47, its name in itself, the way it is written."""

    code: str
    name: str
    dir: str = "ltr"

    @property
    def locale(self) -> str:
        """The name of its catalogue, and of its rules in the CLDR."""
        return self.code.replace("-", "_")


TONGUES: Mapping[str, Tongue] = {
    tongue.code: tongue
    for tongue in (
        Tongue("en", "English"),
        Tongue("zh-Hans", "简体中文"),
        Tongue("ru", "Русский"),
        Tongue("fr", "Français"),
        Tongue("es", "Español"),
        Tongue("ar", "العربية", "rtl"),
    )
}
ENGLISH = TONGUES["en"]

_current: ContextVar[Tongue] = ContextVar("tongue", default=ENGLISH)


def current() -> Tongue:
    """The language of the page that is being made."""
    return _current.get()


def use(tongue: Tongue) -> None:
    """Make what follows in this context in that language; `asked.use` does it on a page."""
    _current.set(tongue)


def chosen(code: str | None, accepted: str) -> Tongue:
    """The language of that code; without one, the first of ours that the browser's own header
    `Accept-Language` names (RFC 9110, 12.5.4)."""
    return TONGUES.get(code or "") or _first(_ranges(accepted)) or ENGLISH


def _ranges(accepted: str) -> Iterable[str]:
    weighed = []
    for at, part in enumerate(accepted[:1000].split(",")):
        name, _, weight = part.partition(";")
        try:
            q = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            q = 0.0
        if q > 0:
            weighed.append((-q, at, name.strip().lower()))
    return [name for _, _, name in sorted(weighed)]


def _first(names: Iterable[str]) -> Tongue | None:
    ours = {code.partition("-")[0]: tongue for code, tongue in TONGUES.items()}
    return next((ours[n.partition("-")[0]] for n in names if n.partition("-")[0] in ours), None)


@dataclass(frozen=True, slots=True)
class Texts:
    """What a catalogue gives."""

    lookup: NullTranslations
    said: tuple[str, ...] = ()  # the patterns of the station's sentences
    scripts: Mapping[str, object] = field(default_factory=dict)  # what page scripts may say


@cache
def texts(tongue: Tongue) -> Texts:
    """The texts of a language. Of source files only, so that none is older than its source."""
    if tongue is ENGLISH:
        return Texts(NullTranslations())
    from babel.messages.mofile import write_mo  # a tenth of a second that English does without
    from babel.messages.pofile import read_po

    path = files("parley.console") / "locale" / tongue.locale / "LC_MESSAGES" / f"{DOMAIN}.po"
    read = read_po(BytesIO(path.read_bytes()), locale=tongue.locale)
    packed = BytesIO()
    write_mo(packed, read)
    packed.seek(0)
    lookup = GNUTranslations(packed)
    scripts: dict[str, object] = {
        each.id if isinstance(each.id, str) else each.id[0]: each.string
        for each in read
        if each.string and any(place.startswith(SCRIPTS) for place, _ in each.locations)
    }
    # Which form goes with a number: our languages ask for it, or for its last two digits.
    form = c2py(read.plural_expr)
    scripts[""] = "".join(str(form(n)) for n in range(200))
    said = tuple(each.id for each in read if each.context == SAID and isinstance(each.id, str))
    return Texts(lookup, said, scripts)


def catalogue(tongue: Tongue) -> NullTranslations:
    """The translations of a language."""
    return texts(tongue).lookup


# --- texts


def gettext(message: str, /, **values: object) -> str:
    """A fixed text in the current language, with values."""
    return _filled(catalogue(current()).gettext(message), values)


def ngettext(one: str, many: str, num: int, /, **values: object) -> str:
    """A fixed text that depends on a number, which it shows as `%(num)s`."""
    found = catalogue(current()).ngettext(one, many, num)
    return _filled(found, {"num": number(num), **values})


def pgettext(context: str, message: str, /, **values: object) -> str:
    """A text of which English has one and other languages have several."""
    return _filled(catalogue(current()).pgettext(context, message), values)


def N_(message: str) -> str:
    """Mark a text here that `_` looks up where it is shown."""
    return message


_ = gettext


def _filled(found: str, values: Mapping[str, object]) -> str:
    return found % {name: isolated(value) for name, value in values.items()}


def isolated(value: object) -> object:
    """A value that cannot turn the sentence around it: names and references of either direction
    keep their order (UAX 9). English prose with Latin words in it stays as it is."""
    if isinstance(value, Markup):
        return value
    said = str(value)
    if current().dir == "ltr" and not any(_turns(c) for c in said):
        return said
    return f"{FSI}{said}{PDI}"


def _turns(character: str) -> bool:
    """Whether it is of a script written from right to left, or a sign that makes a direction."""
    return (
        "\u0590" <= character <= "\u08ff"
        or character in "\u200f\u202b\u202e\u2067"
        or ("\ufb1d" <= character <= "\ufefc" or "\U00010800" <= character <= "\U0001efff")
    )


def number(value: float) -> str:
    """A number as the language groups it; with the digits 0 to 9 in every language, so that it is
    the same sign for sign at both ends of a telephone."""
    if current() is ENGLISH:
        return f"{value:,}"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=current().locale, numbering_system="latn")


def percent(part: float, decimals: int) -> str:
    """A share, with so many digits behind the point, or the comma, of the language."""
    if current() is ENGLISH:
        return f"{100 * part:.{decimals}f} %"
    from babel import Locale
    from babel.numbers import format_percent

    pattern = Locale.parse(current().locale).percent_formats[None].pattern
    fixed = pattern.replace("0", f"0.{'0' * decimals}".rstrip("."))
    return format_percent(part, fixed, current().locale, numbering_system="latn")


def duration(value: int, unit: str) -> str:
    """So many seconds, minutes, hours or days, in words."""
    from babel.units import format_unit

    return format_unit(value, f"duration-{unit}", "long", locale=current().locale)


# --- templates


def install(environment: Environment) -> None:
    """Give templates the same names; the texts are markup of ours, the values are escaped."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # `{% trans %}` then hands its values over instead of filling them in.
    vars(environment)["newstyle_gettext"] = True

    def marked(message: str, /, **values: object) -> Markup:
        return Markup(gettext(message, **_escaped(values)))

    environment.globals |= {
        "_": marked,
        "gettext": marked,
        "ngettext": lambda one, many, num, /, **values: Markup(
            ngettext(one, many, num, **_escaped(values))
        ),
        "pgettext": lambda context, message, /, **values: Markup(
            pgettext(context, message, **_escaped(values))
        ),
    }
    environment.filters |= {"tr": tr, "number": number}
    environment.globals |= {
        "script_words": lambda: texts(current()).scripts,
        "tongue": current,
        "tongues": TONGUES.values(),
    }


def tr(message: str) -> Markup:
    """A text that was marked with `N_`, for a page."""
    return Markup(gettext(message))


def _escaped(values: Mapping[str, object]) -> dict[str, object]:
    """Values for markup: what is markup already stands in an element that isolates it."""
    return {
        name: Markup("<bdi>{}</bdi>").format(value)
        if isinstance(value, Markup) and current().dir == "rtl"
        else escape(isolated(value))
        for name, value in values.items()
    }
