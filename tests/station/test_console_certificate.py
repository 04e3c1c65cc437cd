"""The console's certificate: made here, renewed in time, one sentence for each that is no good."""

from __future__ import annotations

import datetime
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from parley.core.errors import Misused, Refused, Unavailable
from parley.station.machine.config import template
from parley.station.machine.console_certificate import (
    DAY_S,
    DAYS,
    FILE_NAME,
    ConsoleCertificate,
    current,
    examined,
    wants_tls,
)
from parley.station.machine.folder import Home
from tests.playbook import two_stations

NOW = 1_790_000_000.0
NAMES = ["console.north.example", "192.0.2.7", "2001:db8::7"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with two_stations(tmp_path, started=False) as (north, _):
        return north.folder


def home(folder: Path, **settings: object) -> Home:
    (folder / "station.toml").write_text(template(console=settings))
    return Home.open(folder)


def bring(file: Path, *names: str, days: int = 90, key: ec.EllipticCurvePrivateKey) -> None:
    """What an authority of the party's own would give."""
    begins = datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    signer = ec.generate_private_key(ec.SECP256R1())
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "North authority")]))
        .public_key(
            ec.generate_private_key(ec.SECP256R1()).public_key() if not names else key.public_key()
        )
        .serial_number(1)
        .not_valid_before(begins - datetime.timedelta(days=1))
        .not_valid_after(begins + datetime.timedelta(days=days))
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        made = made.add_extension(alternatives, False)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    file.write_bytes(private + public)


def test_it_is_made_once_for_the_names_that_browsers_use(folder: Path) -> None:
    station = home(folder, host="0.0.0.0", names=NAMES)
    made, new = current(station, NOW)
    assert new
    assert made.names == NAMES
    assert made.ends == pytest.approx(NOW + (DAYS - 1) * DAY_S, abs=1)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    again, new = current(station, NOW + 300 * DAY_S)
    assert not new
    assert again.fingerprint == made.fingerprint
    assert made.digits.replace(" ", "") == made.fingerprint
    assert len(made.digits.split()) == 16
    assert made.digits in examined(station, NOW)
    # Who tells a browser to trust it has not made an authority of it.
    constraints = made.found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert not constraints.value.ca


def test_it_is_made_anew_a_month_before_its_end_and_for_other_names(folder: Path) -> None:
    station = home(folder, host="0.0.0.0", names=NAMES)
    first = current(station, NOW)[0]
    assert not current(station, first.ends - 31 * DAY_S)[1]
    second, new = current(station, first.ends - 29 * DAY_S)
    assert new
    assert second.fingerprint != first.fingerprint
    third, new = current(home(folder, host="0.0.0.0", names=["other.example"]), first.ends)
    assert new
    assert third.names == ["other.example"]
    # A machine whose clock was far ahead once does not keep a certificate of the future.
    assert current(home(folder, host="0.0.0.0", names=["other.example"]), NOW)[1]


@pytest.mark.parametrize("junk", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_one_that_cannot_be_read_is_not_replaced_unasked(folder: Path, junk: bytes) -> None:
    # Somebody compared that fingerprint; a new one appears only when a person moves the old away.
    station = home(folder, host="0.0.0.0", names=NAMES)
    current(station, NOW)[0].file.write_bytes(junk)
    with pytest.raises(Unavailable, match="cannot be read") as error:
        current(station, NOW)
    assert "Move it away" in error.value.hint
    with pytest.raises(Unavailable, match="cannot be read"):
        examined(station, NOW)


def test_one_that_others_can_read_is_refused(folder: Path) -> None:
    station = home(folder, host="0.0.0.0", names=NAMES)
    current(station, NOW)[0].file.chmod(0o644)
    with pytest.raises(Unavailable, match="Others on this machine"):
        current(station, NOW)


def test_a_certificate_of_the_partys_own_is_served_as_it_is(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    bring(folder / "ours.pem", "console.north.example", "*.watch.example", key=key)
    names = ["console.north.example", "Room.Watch.example"]
    station = home(folder, host="0.0.0.0", names=names, certificate="ours.pem")
    found, new = current(station, NOW)
    assert (new, found.ours) == (False, False)
    assert found.context().minimum_version is ssl.TLSVersion.TLSv1_3
    assert not (folder / FILE_NAME).exists()
    assert found.digits in examined(station, NOW)
    with pytest.raises(Refused, match=r"expires on 20"):
        examined(station, NOW + 61 * DAY_S)


def test_each_that_is_no_good_is_one_sentence_with_a_next_step(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    file = folder / "ours.pem"

    def refused(now: float, name: str = "console.north.example") -> str:
        with pytest.raises((Refused, Unavailable)) as error:
            current(home(folder, names=[name], certificate="ours.pem"), now)
        assert error.value.hint
        return error.value.sentence

    assert "cannot be read" in refused(NOW)
    bring(file, "console.north.example", key=key)
    assert "has expired on" in refused(NOW + 91 * DAY_S)
    assert "is not valid before" in refused(NOW - 2 * DAY_S)
    assert "is for console.north.example, not for 192.0.2.7" in refused(NOW, "192.0.2.7")
    # A star stands for one label.
    bring(file, "*.north.example", key=key)
    assert "is for *.north.example, not for a.b.north.example" in refused(NOW, "a.b.north.example")
    bring(file, key=key)
    assert "is not that of the certificate" in refused(NOW)
    file.write_bytes(file.read_bytes().partition(b"-----BEGIN CERT")[0])
    assert "cannot be read" in refused(NOW)


def test_what_no_certificate_can_bear_is_said_before_it_is_made(folder: Path) -> None:
    with pytest.raises(Misused, match="no browser can be sent there") as error:
        current(home(folder, host="0.0.0.0"), NOW)
    assert "names" in error.value.hint
    with pytest.raises(Misused, match="is not a name that a certificate can bear"):
        current(home(folder, names=["кабинет.example"]), NOW)
    assert not (folder / FILE_NAME).exists()


def test_pages_leave_this_machine_encrypted_or_because_somebody_asked(folder: Path) -> None:
    plain = home(folder, host="127.0.0.1").config.console
    assert not wants_tls(plain, "127.0.0.1")
    assert not wants_tls(plain, "::1")
    assert wants_tls(plain, "192.0.2.7")
    assert wants_tls(plain, "0.0.0.0")
    assert wants_tls(plain, "fe80::1%eth0")
    assert wants_tls(home(folder, tls="always").config.console, "127.0.0.1")
    station = home(folder, host="192.0.2.7", tls="never")
    assert not wants_tls(station.config.console, "192.0.2.7")
    assert (
        examined(station, NOW) == "Its pages go from 192.0.2.7 as they are, as [console] tls asks."
    )
    assert "on this machine" in examined(home(folder), NOW)
    assert "at its next start" in examined(home(folder, host="192.0.2.7"), NOW)


def test_the_file_is_what_was_made(folder: Path) -> None:
    made = current(home(folder, host="192.0.2.7"), NOW)[0]
    kept = ConsoleCertificate.read(made.file, ours=True)
    assert (kept.fingerprint, kept.names) == (made.fingerprint, ["192.0.2.7"])
