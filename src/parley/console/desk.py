"""Between a browser's request and a page: which seat it comes from, and what goes back.

A page module gives `Page`s: plain functions of a `Visit`. This module finds the seat by cookie and
path, checks a form's token, and turns an error of the station into words that keep the work.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from parley.console import asked, frame, signs, themes, tongues, unkept
from parley.console.frame import Frame, Seat, View, mark_of, mark_sentence, mark_word
from parley.console.guard import Foreign, Form, brings_a_file, read_form
from parley.console.hearing import Ears
from parley.console.patterns import compiled
from parley.console.returned import Returned
from parley.console.set_out import Later
from parley.console.tongues import N_, _
from parley.console.unkept import FIELD
from parley.core.entry import check_text
from parley.core.errors import ParleyError, Refused, Unavailable
from parley.station.acts.fields import field
from parley.station.staff import factors, kept_forms, passkeys
from parley.station.staff.factors import Asking
from parley.station.staff.sessions import SEAT_DAYS, acts, seated, shown_to
from parley.station.staff.tongue import tongue_of
from parley.station.staff.turned import Before

if TYPE_CHECKING:
    from parley.station.station import Station

HTTP_STATUS = {
    "not known": 403,
    "waiting": 429,
    "foreign": 403,
    "misused": 400,
    "unavailable": 503,
    "halted": 409,
}
# What a page may say was done; the address names it, so that it cannot be made to say anything.
DONE = {
    "drafted": N_("Kept as a draft. A second person releases it."),
    "edited": N_("The changed draft is kept."),
    "attached": N_("Attached. What is shown is exactly what will go."),
    "detached": N_("The attachment is taken out."),
    "withdrawn": N_("The draft is withdrawn."),
    "reviewed": N_("Reviewed: another person may release exactly this."),
    "draft-held": N_("The draft is held. Nobody releases it until it is freed."),
    "draft-freed": N_("The draft is free again."),
    "sent-back": N_("Sent back. Its drafter edits it before it can be released."),
    "taken-back": N_("Taken back before it left. The draft is open again."),
    "released": N_("Released."),
    "waiting": N_("Released, waiting for the line to open."),
    "opened": N_("Opened. The other side is told."),
    "untold": N_(
        "Kept here. The other side does not answer now, and is told once it is heard again."
        " Call the engineer."
    ),
    "unheard": N_(
        "Released, and not received there: the other side does not answer now. Telephone, and call"
        " the engineer."
    ),
    "early": N_("Opened. The other side is told once it has joined the record."),
    "in-a-halt": N_("Opened. The other side is told once the line has begun anew."),
    "onward": N_("Noted. The other side is not told of it."),
    "taken": N_("Noted that the office has it in hand."),
    "translated": N_("The translation is kept beside the original. Nothing was sent."),
    "differs": N_(
        "Kept, and it differs from the original in what must not be misread. See what is marked"
        " below, and amend it."
    ),
    "term": N_("The term is in the glossary."),
    "term-ended": N_("The term is out of the glossary."),
    "certified": N_("The translation is certified."),
    "passed": N_("Passed on. The other side is told."),
    "readback": N_("Read back. The other side confirms or corrects it."),
    "readback-wrong": N_("Read back wrongly a third time: that is written into the record."),
    "confirmed": N_("Confirmed: both sides have understood the same."),
    "corrected": N_("Corrected. They are told, and read back again."),
    "unable": N_("They are told that you are unable."),
    "wait": N_("They are told until when to wait."),
    "answered": N_("The test is answered."),
    "in-hand": N_("It is in your hands: it rings no more, and the audit trail says so."),
    "tested": N_("The test is called."),
    "presence-here": N_("Stated: our principal is at the terminal."),
    "presence-left": N_("Stated: our principal has left."),
    "stopped": N_("The line is stopped. Tell the duty officer."),
    "undone": N_("The line goes on."),
    "held": N_("You hold the desk."),
    "handed-over": N_("Signed. The watch is yours until another person accepts it."),
    "accepted": N_("You have the watch."),
    "taken-over": N_("You have the watch. That nobody signed it over stays in the log."),
    "left": N_("You have left the desk."),
    "on-roster": N_("On the roster."),
    "off-roster": N_("Struck out of the roster."),
    "duty-in-hand": N_("Taken in hand. No more deputies are called."),
    "lent": N_("The role is lent. It ends by itself, and can be taken back at once."),
    "lent-no-more": N_("Taken back. Nobody acts by it any more."),
    "enrolled": N_("Your password and codes are set. They are asked for from now on."),
    "passkey": N_("The passkey is yours from now on."),
    "removed": N_("The passkey opens nothing any more."),
    "revoked": N_("That session has ended."),
    "seen": N_("The failed sign-ins were seen by you: that is in the audit trail."),
    "dropped": N_("It is thrown away."),
}
STAYS = "/wall"  # a session that sleeps shows it still: nothing that was said is on it
WARNS = frozenset(("untold", "unheard", "differs"))  # of these, what is no good news
RENEWAL = "x-parley-renewal"  # a page asks by itself: nobody acts
FILES_AT_ONCE_MAX = 2  # of one session: 8 MiB each
SLICE_S = 0.001  # of a page, before the station may do something else
_PLACE = re.compile(r"line (\d+), character (\d+)")


class NoSeat(Refused):
    """The browser has no such seat."""

    kind = "no seat"


class Desk:
    """What all pages share: the station, the templates, the seats."""

    def __init__(self, station: Station, id: str, encrypted: bool = False) -> None:
        self.station = station
        self.id = id
        self.encrypted = encrypted
        # With `__Host-` no page of another port or name can put a cookie of its own in its place.
        self.cookie = f"__Host-parley-{id}" if encrypted else f"parley-{id}"
        # By this a browser that has no seat yet is known to be one while two sign in there at once;
        # it opens nothing.
        self.first = f"{self.cookie}-first"
        self.files: Counter[int] = Counter()  # of each session, on their way
        self.ears = Ears(lambda: station.clock.now().mono)

    @contextmanager
    def one_more_file(self, seat: Seat) -> Iterator[None]:
        """Room for a file that a form brings: each fills memory until it is attached or refused."""
        session = seat.sitting.id
        if self.files[session] >= FILES_AT_ONCE_MAX:
            raise Refused(
                f"{FILES_AT_ONCE_MAX} files from this seat are on their way already.",
                "Attach this one once they are there.",
            )
        self.files[session] += 1
        try:
            yield
        finally:
            self.files[session] -= 1
            self.files += Counter()  # forgets those that have none

    def told_who_hears(self) -> list[int]:
        """Whose tabs ring. When that has changed, pages look again: which desks are deaf stands on
        them and in a hand-over, and where something overdue sounds follows from it."""
        if self.ears.changed():
            self.station.in_next_step(partial(self.station.publish, "hearing", None))
        return self.ears.persons()

    def secret_of(self, request: HTTPConnection) -> str | None:
        """The browser's secret, from the cookie of this station."""
        return request.cookies.get(self.cookie)

    def seats(self, request: HTTPConnection) -> list[Seat]:
        """Everybody who has a seat in this browser."""
        # A stream or socket is admitted once, by its cookie; the next to sign in here renews that.
        browser: int | Before | None = request.scope.get("parley.browser")
        if browser is None and (secret := self.secret_of(request)):
            browser = request.scope["parley.browser"] = shown_to(self.station, secret)
        return self._taken_in(browser)

    def seat_of(self, secret: str, person: int) -> Seat | None:
        """The seat that somebody has just taken in the browser with that secret."""
        taken = self._taken_in(shown_to(self.station, secret))
        return next((seat for seat in taken if seat.person.id == person), None)

    def _taken_in(self, browser: int | Before | None) -> list[Seat]:
        if browser is None:
            return []
        return [Seat(each.person, each.token, each) for each in seated(self.station, browser)]

    def seat(self, request: HTTPConnection) -> Seat:
        """The seat this request's path names."""
        for seat in self.seats(request):
            if seat.person.id == request.path_params["seat"]:
                return seat
        raise NoSeat(
            "This browser has no such seat.",
            "Sign in on the first page, or with a link from the operator of the station",
        )

    async def sit(self, request: HTTPConnection) -> Seat:
        """The seat this request's path names; what follows is in the language of who sits there,
        and in the colours chosen there."""
        seat = self.seat(request)
        if seat.sitting.theme is not None:
            themes.use(seat.sitting.theme)
        chosen = tongue_of(self.station.store, seat.person.id) or ""
        if chosen in tongues.TONGUES:
            await asked.use(tongues.TONGUES[chosen])
        return seat

    async def render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page of our templates, made in slices: a FLASH that comes meanwhile does not wait."""
        pieces: list[str] = []
        pattern = await compiled(template)
        began = perf_counter()
        with Later() as later:
            for piece in pattern.generate(**values):
                pieces.append(piece)
                if perf_counter() - began > SLICE_S:
                    await asyncio.sleep(0)
                    began = perf_counter()
        return HTMLResponse(await later.fill("".join(pieces)), status)

    def asking(self, request: Request) -> Asking:
        """Where a request comes from."""
        host = request.client.host if request.client else ""
        token = self.secret_of(request) or request.cookies.get(self.first)
        return Asking(host, request.headers.get("user-agent", ""), token)

    def must_enrol(self, seat: Seat) -> bool:
        """Whether that person first says how to be known."""
        return self.station.home.config.sign_in.enrol == "must" and not seat.sitting.enrolled

    async def plain(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page outside any seat; it too bears the marks of the station's lines."""
        mark = mark_of({line.agreed.mark.name for line in self.station.lines})
        home = self.station.home
        return await self.render(
            template,
            status,
            station={"name": home.name, "party": home.party},
            mark=mark,
            mark_word=mark_word(mark),
            mark_sentence=mark_sentence(mark),
            **values,
        )

    async def trouble(
        self, request: HTTPConnection, error: ParleyError, status: int | None = None
    ) -> HTMLResponse:
        """What went wrong, when no page can say it in its place; and where one can go on."""
        return await self.plain(
            "trouble.html",
            status or status_of(error),
            seats=[seat.person.view() for seat in self.seats(request)],
            word=N_("Refused"),
            sentence=error.sentence,
            hint=error.hint,
        )

    async def not_found(self, request: Request, error: Exception) -> Response:
        """An address that no page has."""
        nothing = Refused("There is no such page.", "Begin at your seat.")
        return await self.trouble(request, nothing, 404)

    async def mistake(self, request: Request, error: Exception) -> Response:
        """Our own fault: the log has it, the page stays calm."""
        fault = Unavailable(
            "The console made a mistake. What was kept before is kept.",
            "Go back and look whether what you did is there; the station's log says more.",
        )
        return await self.trouble(request, fault, 500)


class Visit:
    """One request to a seat's page."""

    def __init__(self, desk: Desk, seat: Seat, request: Request, form: Form) -> None:
        self.desk = desk
        self.seat = seat
        self.request = request
        self.form = form

    async def call(self, operation: str, **arguments: Any) -> View:
        """Ask the station, as the person who sits here."""
        answer: View = await self.desk.station.call(operation, self.seat.person, arguments)
        return answer

    async def frame(self) -> Frame:
        """What stands around the page. Its event number is taken before anything is read, so that
        a change in between makes the page renew itself once more, never once too few."""
        seq = self.desk.station.events.seq
        status = await self.call("status")
        station = self.desk.station
        heard_by = [station.people.name(person) for person in self.desk.ears.persons()]
        return frame.build(self.seat, status, station.clock.now().wall, seq, heard_by)

    async def page(
        self, template: str, page: Frame, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page of this seat."""
        values = {
            "error": None,
            "renews": False,
            "may_be_service": False,
            "done": self.query("done"),
            **values,
        }
        # Where a page says that something was done, it says so until that is true no more.
        done = DONE.get(values["done"])
        warns = values["done"] in WARNS
        values |= {"done": done and _(done), "warns": warns, "was_done": self.query("done") in DONE}
        url = self.request.url
        address = f"{url.path}?{url.query}" if url.query else url.path
        values["returned"] = Returned(address, self.form, values["error"])
        return await self.desk.render(
            template, status, page=page, station_id=self.desk.id, **values
        )

    async def locked(
        self, error: ParleyError | None = None, kept: bool = False, unkept: Sequence[str] = ()
    ) -> Response:
        """What a seat shows that sleeps: that a FLASH waits, and how to wake it. What the station
        could not keep of what was typed it carries, unseen."""
        request = self.request
        onward = request.url.path if request.method == "GET" else self.seat.path + "/"
        return await self.page(
            "locked.html",
            await self.frame(),
            status_of(error) if error and unkept else 401,
            error=refusal(error) if error else None,
            onward=self.form.get("next") or onward,
            kept=kept,
            unkept=[*unkept, *self.form.all(FIELD)],
            passkeys=passkeys_at(self.desk, request) is not None,
        )

    async def prove(self) -> None:
        """Refuse a grave act unless the person has proved lately, or proves now by a code or
        passkey of the form, to be that person."""
        sitting, station = self.seat.sitting, self.desk.station
        if sitting.fresh or not sitting.enrolled:
            return  # who has enrolled nothing may have come by a link alone; else there is no page
        asking = self.desk.asking(self.request)
        with field("code"):
            if self.form.get("assertion"):
                place = passkeys_at(self.desk, self.request)
                await passkeys.prove(station, sitting, asking, place, self.form.get("assertion"))
            elif self.form.get("code").strip():
                await factors.prove(station, sitting, asking, self.form.get("code"))
            else:
                raise Refused(
                    "This asks once more who you are",
                    "Type the code of now, or use your passkey, and send it again",
                )

    def query(self, name: str) -> str:
        """One value of the address."""
        return self.request.query_params.get(name, "")

    def path(self, name: str) -> str:
        """One part of the path."""
        value: str = self.request.path_params[name]
        return value

    def number(self, name: str) -> int:
        """One part of the path that is a number."""
        return int(self.path(name))

    def go(self, path: str, done: str = "") -> Response:
        """After a form: see the page that shows what it did."""
        return RedirectResponse(f"{self.seat.path}{path}{'?done=' if done else ''}{done}", 303)


Page = Callable[[Visit], Awaitable[Response]]


def routes_of(
    desk: Desk,
    pages: Mapping[str, Page],
    typed: Mapping[str, Page],
    forms: Mapping[str, Page],
) -> list[Route]:
    """Routes for pages that are read (GET), for what scripts send while somebody types, and for
    forms that people send (POST)."""
    reading = [Route(f"/s/{{seat:int}}{p}", _reading(desk, page)) for p, page in pages.items()]
    sending = [
        Route(f"/s/{{seat:int}}{p}", _sending(desk, page, by_person), methods=["POST"])
        for sent, by_person in ((typed, False), (forms, True))
        for p, page in sent.items()
    ]
    return reading + sending


def _reading(desk: Desk, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            seat = await desk.sit(request)
            visit = Visit(desk, seat, request, Form([]))
            if not seat.sitting.awake and request.url.path != f"{seat.path}{STAYS}":
                return await visit.locked()
            if RENEWAL not in request.headers and seat.sitting.awake:
                acts(desk.station, seat.sitting)
            if desk.must_enrol(seat) and request.url.path != f"{seat.path}/you":
                return RedirectResponse(f"{seat.path}/you", 303)
            return await page(visit)
        except ParleyError as error:
            return await desk.trouble(request, error)

    return answer


def _sending(desk: Desk, page: Page, by_person: bool) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        files = ExitStack()
        try:
            seat = await desk.sit(request)
            if brings_a_file(request):
                files.enter_context(desk.one_more_file(seat))
            form = await read_form(request, seat.token)
            visit, path = Visit(desk, seat, request, form), request.url.path
            of_itself = path in (f"{seat.path}/hearing", f"{seat.path}/unlock")
            if not seat.sitting.awake and not of_itself:
                if not by_person or not unkept.is_written(form.pairs):
                    return await visit.locked()
                sent_to = f"{path}?{query}" if (query := request.url.query) else path
                try:
                    await kept_forms.keep(desk.station, seat.person, sent_to, form.pairs)
                except ParleyError as error:  # on a full disk the page has the only copy
                    return await visit.locked(error, unkept=[unkept.packed(sent_to, form.pairs)])
                return await visit.locked(kept=True)
            if not of_itself:
                acts(desk.station, seat.sitting)
                if desk.must_enrol(seat) and not path.startswith(f"{seat.path}/you/"):
                    raise Refused("First say how you will be known here.", "Go to the page You")
            return await page(visit)
        except ParleyError as error:
            return await desk.trouble(request, error)
        finally:
            files.close()

    return answer


def passkeys_at(desk: Desk, request: HTTPConnection) -> passkeys.Place | None:
    """For which name browsers may keep passkeys of ours; None where they would not, or where the
    name is not one that the engineer has set."""
    names = (*desk.station.home.config.console.names, "localhost")
    return passkeys.place(request.url.scheme, request.headers.get("host", ""), names)


def set_cookie(response: Response, desk: Desk, secret: str, first: bool = False) -> None:
    """Let the browser keep the secret where no script can read it and no other site can use it."""
    response.set_cookie(
        desk.first if first else desk.cookie,
        secret,
        max_age=None if first else SEAT_DAYS * 86_400,
        httponly=True,
        samesite="strict",
        secure=desk.encrypted,
    )


def remember(response: Response, desk: Desk, chosen: str, cookie: str = tongues.COOKIE) -> None:
    """Let the browser keep a language, or a theme, for the pages outside any seat."""
    response.set_cookie(
        cookie,
        chosen,
        max_age=tongues.COOKIE_DAYS * 86_400,
        httponly=True,
        samesite="strict",
        secure=desk.encrypted,
    )


def status_of(error: ParleyError) -> int:
    """The HTTP status of an error."""
    return HTTP_STATUS.get(error.kind, 403 if isinstance(error, NoSeat | Foreign) else 422)


def refusal(error: ParleyError, text: str = "", subject: str = "", named: str = "text") -> View:
    """An error for a page; where it names a place in a text, with what stands there. The field of
    the text has that name, unless the error knows better."""
    guessed = named if not subject or not _passes(text) else "subject"
    found = _PLACE.search(error.sentence)
    typed = text if guessed == named else subject
    at = _excerpt(typed, int(found[1]), int(found[2])) if found else None
    return {
        "sentence": error.sentence,
        "hint": error.hint,
        "rule": error.rule,
        "kind": error.kind,
        "at": at,
        "field": error.field or (guessed if at else ""),
    }


def _passes(text: str) -> bool:
    try:
        check_text(text)
    except Refused:
        return False
    return True


def _excerpt(text: str, line: int, character: int) -> View | None:
    lines = text.split("\n")
    if not (1 <= line <= len(lines) and 1 <= character <= len(lines[line - 1])):
        return None
    whole, at = lines[line - 1], character - 1
    sign = next(iter(signs.pieces(whole[at])))
    return {
        "line": line,
        "character": character,
        "before": signs.seen_signs(whole[max(0, at - 30) : at]),
        "sign": sign.sign or sign.text,
        "after": signs.seen_signs(whole[at + 1 : at + 31]),
    }
