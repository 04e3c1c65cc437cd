"""Passkeys and security keys (WebAuthn Level 3): something held that only its owner opens.

A passkey signs a challenge of ours for our name and origin only, so that no other page can ask for
it. The authenticator must have verified its owner (by PIN or finger): it stands for both factors.
A challenge is answered once, within two minutes. Browsers keep passkeys for names in a secure
context: the console's names under TLS, or localhost; never for a bare address.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from parley.core.errors import Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import inner
from parley.station.acts.person import Person
from parley.station.staff.factors import NOBODY, Asking, NotKnown, begin, place_of, proved
from parley.station.staff.people import check_name
from parley.station.staff.sessions import Overtaken, Sitting, sit

if TYPE_CHECKING:
    from parley.station.station import Station

PASSKEYS_MAX = 8  # of one person
_HANDLE = b"parley person "


@dataclass(frozen=True, slots=True)
class Place:
    """For which name, and at which origin, browsers keep passkeys of this console."""

    name: str
    origin: str


def place(scheme: str, host: str, names: Sequence[str]) -> Place | None:
    """The place of a request, if its name is one of ours and browsers keep passkeys there."""
    name = urlsplit(f"//{host}").hostname or ""
    if name not in names or name.replace(".", "").isdigit() or ":" in name:
        return None
    return Place(name, f"{scheme}://{host}") if scheme == "https" or name == "localhost" else None


def not_taken() -> NotKnown:
    """One sentence for every reason."""
    return NotKnown(
        "This passkey does not sign you in",
        "Load the page again and try once more, or sign in with password and code",
    )


def creation(station: Station, sitting: Sitting, asking: Asking, place: Place) -> str:
    """What a browser is asked so that it makes a passkey, as JSON."""
    person = sitting.person
    options = webauthn.generate_registration_options(
        rp_id=place.name,
        rp_name=station.home.name,
        user_id=_HANDLE + str(person.id).encode(),
        user_name=person.name,
        challenge=_challenge_for(station, asking, person.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=bytes(row["id"])) for row in _rows(station, person.id)
        ],
    )
    return webauthn.options_to_json(options)


def request(station: Station, asking: Asking, place: Place) -> str:
    """What a browser is asked so that it signs with a passkey: of whomever, so that nobody learns
    who has one."""
    options = webauthn.generate_authentication_options(
        rp_id=place.name,
        challenge=_challenge_for(station, asking, 0),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


async def add(station: Station, sitting: Sitting, place: Place, name: str, answer: str) -> None:
    """Keep the passkey that the browser made."""
    with field("name"):
        check_name(name, "The name of a passkey")
    challenge = _challenge(station, answer, sitting.person.id)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError) as error:
        raise Refused("This passkey cannot be kept", "Try another one") from error
    arguments = {
        "id": made.credential_id.hex(),
        "name": name,
        "key": made.credential_public_key.hex(),
        "count": made.sign_count,
        "seat": sitting.id,
    }
    await station.ask(_add, sitting.person, arguments)


async def remove(station: Station, sitting: Sitting, number: int) -> None:
    """Forget a passkey."""
    await station.ask(_remove, sitting.person, {"number": number})


async def sign_in(
    station: Station, asking: Asking, place: Place | None, answer: str, only: int | None = None
) -> dict[str, Any]:
    """Take the seat of whoever owns the passkey; of that one person, where it must be. Nobody
    guesses one; but each refusal is a row of the audit trail, and so they wait."""
    keys = [place_of(station, asking)]
    begin(station, keys)
    row, count = _verified(station, place, answer, only)
    person = NOBODY if row is None else station.people.person(row["person"]) or NOBODY
    arguments = {
        "number": row["number"] if row is not None else 0,
        "count": count,
        "token": asking.token,
        "address": asking.address,
        "agent": asking.agent,
    }
    try:
        taken = await station.ask(_sign_in, person, arguments)
    except Overtaken:
        station.gate.passed(keys)
        station.challenges.leave_open(station.clock.now().mono, _challenge_in(answer), keys[0][0])
        raise
    station.gate.passed(keys)
    return taken


async def prove(
    station: Station, sitting: Sitting, asking: Asking, place: Place | None, answer: str
) -> None:
    """Say once more who one is, by a passkey."""
    row, count = _verified(station, place, answer, sitting.person.id)
    number = row["number"] if row is not None else 0
    arguments = {"number": number, "count": count, "seat": sitting.id}
    await station.ask(_prove, sitting.person, arguments)


def passkeys_of(station: Station, person: int) -> list[dict[str, Any]]:
    """The passkeys of a person, for that person's page."""
    return [
        {"number": row["number"], "name": row["name"], "since": row["since"], "used": row["used"]}
        for row in _rows(station, person)
    ]


def _verified(
    station: Station, place: Place | None, answer: str, only: int | None
) -> tuple[Any, int]:
    """The passkey that signed and its new count; (None, 0) when none of ours did."""
    if place is None:
        raise not_taken()
    challenge = _challenge(station, answer, 0)
    try:
        id = base64url_to_bytes(str(json.loads(answer)["rawId"]))
        rows = station.store.sql("SELECT * FROM passkeys WHERE id = ?", (id,))
        if not rows or only not in (None, rows[0]["person"]):
            return None, 0
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=place.name,
            expected_origin=place.origin,
            credential_public_key=bytes(rows[0]["key"]),
            # A count that goes back means a copied key; passkeys that are synchronised say 0.
            credential_current_sign_count=rows[0]["count"],
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None, 0
    return rows[0], verified.new_sign_count


def _challenge_for(station: Station, asking: Asking, person: int) -> bytes:
    asker, _ = place_of(station, asking)
    return station.challenges.make(station.clock.now().mono, person, asker)


def _challenge(station: Station, answer: str, person: int) -> bytes:
    """The challenge that was answered, once."""
    challenge = _challenge_in(answer)
    if not station.challenges.take(station.clock.now().mono, challenge, person):
        raise not_taken()
    return challenge


def _challenge_in(answer: str) -> bytes:
    try:
        client = json.loads(answer)["response"]["clientDataJSON"]
        return parse_client_data_json(base64url_to_bytes(client)).challenge
    except (ValueError, KeyError, TypeError, WebAuthnException) as error:
        raise not_taken() from error


def _rows(station: Station, person: int) -> list[Any]:
    return station.store.sql("SELECT * FROM passkeys WHERE person = ? ORDER BY number", (person,))


# --- what happens in the station's step


def _use(station: Station, who: Person, number: int, count: int) -> None:
    used = station.store.sql(
        "UPDATE passkeys SET count = ?, used = ? WHERE number = ? AND person = ? RETURNING number",
        (count, station.now.wall, number, who.id),
    )
    if not used:
        raise not_taken()
    station.people.must_be_here(who.id)


@inner("signin.passkey")
def _sign_in(
    station: Station,
    who: Person,
    *,
    number: int,
    count: int,
    token: str | None,
    address: str,
    agent: str,
) -> dict[str, Any]:
    """Take a seat by a passkey whose signature was verified."""
    _use(station, who, number, count)
    return sit(station, who, token, address, agent)


@inner("signin.prove-passkey")
def _prove(station: Station, who: Person, *, number: int, count: int, seat: int) -> dict[str, Any]:
    """Prove once more, by a passkey, who sits here."""
    _use(station, who, number, count)
    proved(station, seat)
    return {}


@inner("signin.passkey-add")
def _add(
    station: Station, who: Person, *, id: str, name: str, key: str, count: int, seat: int
) -> dict[str, Any]:
    """Keep a passkey; who made it in that seat has proved it there alone."""
    if len(_rows(station, who.id)) >= PASSKEYS_MAX:
        raise Refused(f"{PASSKEYS_MAX} passkeys are enough", "Remove one first")
    station.store.sql(
        "INSERT INTO passkeys (id, person, name, key, count, since) VALUES (?, ?, ?, ?, ?, ?)",
        (bytes.fromhex(id), who.id, name, bytes.fromhex(key), count, station.now.wall),
    )
    proved(station, seat)
    return {}


@inner("signin.passkey-remove")
def _remove(station: Station, who: Person, *, number: int) -> dict[str, Any]:
    """Forget a passkey."""
    gone = station.store.sql(
        "DELETE FROM passkeys WHERE number = ? AND person = ? RETURNING number", (number, who.id)
    )
    if not gone:
        raise Refused("There is no such passkey of yours", "Load the page again")
    return {}
