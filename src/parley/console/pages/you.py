"""A person's own page: how one is known here, and where one sits."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from parley.console.desk import Visit, passkeys_at, refusal, status_of
from parley.console.frame import View
from parley.console.unkept import WRITTEN
from parley.core.errors import ParleyError, Refused
from parley.station.acts.fields import field
from parley.station.staff import factors, kept_forms, passkeys


async def show(visit: Visit, error: ParleyError | None = None) -> Response:
    """GET /you"""
    sitting, station = visit.seat.sitting, visit.desk.station
    secret, uri = await factors.pending_secret(station, sitting)
    found = await visit.call("session.list")
    may_revoke = "operator" in sitting.person.roles
    for each in found["sessions"]:
        each["here"] = each["session"] == sitting.id
        each["mine"] = may_revoke or each["person"]["id"] == sitting.person.id
    return await visit.page(
        "you.html",
        await visit.frame(),
        200 if error is None else status_of(error),
        error=refusal(error) if error else None,
        must=visit.desk.must_enrol(visit.seat),
        secret=secret,
        uri=uri,
        passkeys=passkeys.passkeys_of(station, sitting.person.id),
        place=passkeys_at(visit.desk, visit.request),
        sessions=found["sessions"],
        limits=station.home.config.sign_in,
        forms=len(kept_forms.kept(station, sitting.person)),
    )


async def enrol(visit: Visit) -> Response:
    """POST /you/enrol: set password and codes, the first time or anew."""
    sitting, station = visit.seat.sitting, visit.desk.station
    try:
        with field("again"):
            if visit.form.get("password") != visit.form.get("again"):
                raise Refused("The two passwords are not the same", "Type it twice")
        await visit.prove()
        await factors.enrol(
            station, sitting, visit.form.get("password"), visit.form.get("first-code")
        )
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/you", "enrolled")


async def options(visit: Visit) -> Response:
    """POST /you/passkey/options: what a browser is asked, so that it makes a passkey."""
    place = passkeys_at(visit.desk, visit.request)
    if place is None:
        raise Refused("No browser keeps passkeys for this address.", "Use password and code.")
    desk, sitting = visit.desk, visit.seat.sitting
    made = passkeys.creation(desk.station, sitting, desk.asking(visit.request), place)
    return Response(made, media_type="application/json")


async def add_passkey(visit: Visit) -> Response:
    """POST /you/passkey"""
    place = passkeys_at(visit.desk, visit.request)
    try:
        if place is None:
            raise Refused("No browser keeps passkeys for this address.", "Use password and code.")
        await visit.prove()
        name, made = visit.form.get("name").strip(), visit.form.get("made")
        await passkeys.add(visit.desk.station, visit.seat.sitting, place, name, made)
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/you", "passkey")


async def remove_passkey(visit: Visit) -> Response:
    """POST /you/passkey/remove"""
    try:
        await visit.prove()
        await passkeys.remove(visit.desk.station, visit.seat.sitting, visit.form.number("number"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/you", "removed")


async def revoke(visit: Visit) -> Response:
    """POST /you/revoke: end a session of one's own, or as operator anybody's."""
    try:
        await visit.call("session.revoke", session=visit.form.number("session"))
    except ParleyError as error:
        return await show(visit, error)
    return visit.go("/you", "revoked")


async def seen(visit: Visit) -> Response:
    """POST /you/seen: the failed sign-ins were seen."""
    await visit.call("session.seen")
    return visit.go("/", "seen")


async def here(visit: Visit) -> Response:
    """POST /you/here: a key or a click; the session stays awake."""
    return Response(status_code=204)


async def kept(visit: Visit, left: Sequence[View] = ()) -> Response:
    """GET /kept: what was typed when a session ended, to send or to throw away; with what is `left`
    because it could not be kept."""
    forms = [*left, *kept_forms.kept(visit.desk.station, visit.seat.person)]
    return await visit.page("kept.html", await visit.frame(), forms=forms, labels=WRITTEN)


async def drop(visit: Visit) -> Response:
    """POST /kept/drop"""
    await kept_forms.drop(visit.desk.station, visit.seat.person, visit.form.number("form"))
    return visit.go(
        "/kept" if kept_forms.kept(visit.desk.station, visit.seat.person) else "/", "dropped"
    )
