"""The certificate by which browsers know this station's console.

Browsers give a page its camera only where it came by TLS or from their own machine. Nobody
certifies a station in a duty room without the internet, so it makes the certificate itself, and
people compare the fingerprint once in each browser. A party with an authority of its own names a
file of that authority instead. Nothing of the line rests on either.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from parley.core.errors import Misused, Refused, Unavailable
from parley.station.machine.config import ConsoleConfig
from parley.station.machine.folder import Home, check_private, read_whole, write_whole

FILE_NAME = "console.pem"  # key and certificate in one file, so that a crash cannot part them
DAYS = 397  # the longest that browsers accept of anybody
RENEW_DAYS = 30
DAY_S = 86_400
EARLY = timedelta(days=1)  # a browser's clock may be behind ours
COMMON_NAME_MAX = 64  # X.520


@dataclass(frozen=True, slots=True)
class ConsoleCertificate:
    """A certificate whose key we hold."""

    file: Path
    ours: bool  # made here, and made anew here
    found: x509.Certificate

    @classmethod
    def read(cls, file: Path, *, ours: bool) -> ConsoleCertificate:
        """The certificate in a file, whose key lies beside it; one sentence says what is wrong."""
        if ours:
            check_private(file)
        way_on = (
            "Move it away; the station makes another at its next start."
            if ours
            else "As PEM, it holds the private key without a passphrase, then the certificate."
        )
        pem = read_whole(file)
        try:
            leaf = x509.load_pem_x509_certificates(pem)[0]
            key = serialization.load_pem_private_key(pem, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise Unavailable(
                f"The console's certificate in {file} cannot be read.", way_on
            ) from error
        if key.public_key() != leaf.public_key():
            raise Unavailable(f"The key in {file} is not that of the certificate in it.", way_on)
        return cls(file, ours, leaf)

    @classmethod
    def make(cls, home: Home, names: Sequence[str], now: float) -> ConsoleCertificate:
        """A fresh key, and a certificate that it signs itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        title = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, f"Parley {home.name}"[:COMMON_NAME_MAX])]
        )
        begins = datetime.fromtimestamp(now, UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(title)
            .issuer_name(title)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins - EARLY)
            .not_valid_after(begins - EARLY + timedelta(days=DAYS))
            .add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), False)
            # Whoever tells a browser to trust it trusts this one certificate, and none made by it.
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            .sign(key, hashes.SHA256())
        )
        file = home.path / FILE_NAME
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_whole(file, private + made.public_bytes(serialization.Encoding.PEM))
        return cls(file, True, made)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate in hex, as browsers show it."""
        return self.found.fingerprint(hashes.SHA256()).hex()

    @property
    def digits(self) -> str:
        """The fingerprint to be read to somebody: groups of four."""
        hex = self.fingerprint
        return " ".join(hex[at : at + 4] for at in range(0, len(hex), 4))

    @property
    def names(self) -> list[str]:
        """The names and addresses it is for."""
        try:
            alternatives = self.found.extensions.get_extension_for_class(
                x509.SubjectAlternativeName
            ).value
        except (x509.ExtensionNotFound, ValueError):
            return []
        return [
            str(each.value)
            for each in alternatives
            if isinstance(each, x509.DNSName | x509.IPAddress)
        ]

    @property
    def begins(self) -> float:
        """From when it is valid, in seconds since 1970."""
        return self.found.not_valid_before_utc.timestamp()

    @property
    def ends(self) -> float:
        """Until when it is valid."""
        return self.found.not_valid_after_utc.timestamp()

    def is_for(self, name: str) -> bool:
        """Whether a browser that was given this name takes it."""
        wanted = str(_address(name) or name.lower())
        names = [each.lower() for each in self.names]
        return wanted in names or f"*.{wanted.partition('.')[2]}" in names

    def check(self, names: Sequence[str], now: float) -> None:
        """Refuse what browsers would refuse."""
        way_on = (
            "Start the station again; it makes another."
            if self.ours
            else "Put a good one there, or take the setting away and the station makes its own;"
            " `parley serve --no-console` runs the line meanwhile."
        )
        if now >= self.ends:
            raise Refused(
                f"The console's certificate in {self.file} has expired on {_day(self.ends)}.",
                way_on,
            )
        if now < self.begins:
            raise Refused(
                f"The console's certificate in {self.file} is not valid before"
                f" {_day(self.begins)}.",
                "Look at this machine's clock first. " + way_on,
            )
        for name in names:
            if not self.is_for(name):
                raise Refused(
                    f"The console's certificate in {self.file} is for"
                    f" {', '.join(self.names) or 'no name'}, not for {name}.",
                    way_on,
                )

    def view(self) -> dict[str, Any]:
        """What people compare and ask."""
        return {
            "fingerprint": self.fingerprint,
            "digits": self.digits,
            "names": self.names,
            "ends": self.ends,
            "ours": self.ours,
            "file": str(self.file),
        }

    def context(self) -> ssl.SSLContext:
        """What serves it: TLS 1.3 and nothing before."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        self.load(made)
        return made

    def load(self, context: ssl.SSLContext) -> None:
        """Show it from the next connection on."""
        try:
            context.load_cert_chain(self.file)
        except (ssl.SSLError, OSError) as error:
            raise Unavailable(
                f"The console's certificate in {self.file} cannot be used: {error}.",
                "A key of P-256, Ed25519 or RSA with 2048 bits or more is taken by browsers.",
            ) from error


def current(home: Home, now: float) -> tuple[ConsoleCertificate, bool]:
    """The certificate to serve now, and whether it was made just now: the party's own, or ours,
    made when there is none, when it is for other names, or when it is about to expire."""
    settings, names = home.config.console, names_of(home.config.console)
    if settings.certificate:
        brought = ConsoleCertificate.read(home.path / settings.certificate, ours=False)
        brought.check(names, now)
        return brought, False
    file = home.path / FILE_NAME
    if file.exists():
        kept = ConsoleCertificate.read(file, ours=True)
        fresh = kept.begins <= now < kept.ends - RENEW_DAYS * DAY_S
        if fresh and all(kept.is_for(name) for name in names):
            return kept, False
    return ConsoleCertificate.make(home, names, now), True


def names_of(settings: ConsoleConfig) -> list[str]:
    """By which names browsers come; the first is the one that is shown."""
    names = list(settings.names) or [settings.host]
    for name in names:
        address = _address(name)
        if address is not None and address.is_unspecified:
            raise Misused(
                f"The console listens on {name}, and no browser can be sent there.",
                'Set [console] names = ["…"] in station.toml: what people type, name or address.',
            )
        try:
            _general(name)
        except ValueError as error:
            raise Misused(
                f"{name!r:.80} is not a name that a certificate can bear.",
                "Write it in ASCII, as resolvers know it, or give the address in numbers.",
            ) from error
    return names


def wants_tls(settings: ConsoleConfig, address: str) -> bool:
    """Whether pages are encrypted where the console listens at this address."""
    if settings.tls == "auto":
        return not ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return settings.tls == "always"


def examined(home: Home, now: float) -> str:
    """What an engineer should know of the console's certificate; raises when browsers would, or
    soon will, turn away."""
    settings = home.config.console
    try:
        address = socket.getaddrinfo(settings.host, settings.port)[0][4][0]
    except OSError as error:
        raise Unavailable(
            f"No address is known for the console's host {settings.host!r:.80}.",
            "Set [console] host in station.toml to an address in numbers.",
        ) from error
    if not wants_tls(settings, str(address)):
        if settings.tls == "auto":
            return "Its pages are for browsers on this machine."
        return f"Its pages go from {settings.host} as they are, as [console] tls asks."
    if not settings.certificate and not (home.path / FILE_NAME).exists():
        return "The station makes a certificate at its next start."
    found = (
        ConsoleCertificate.read(home.path / settings.certificate, ours=False)
        if settings.certificate
        else ConsoleCertificate.read(home.path / FILE_NAME, ours=True)
    )
    found.check(names_of(settings), now)
    if not found.ours and found.ends < now + RENEW_DAYS * DAY_S:
        raise Refused(
            f"The console's certificate in {found.file} expires on {_day(found.ends)}.",
            "Have your authority make another; it is taken up at the next start.",
        )
    return f"Browsers see this certificate until {_day(found.ends)}: {found.digits}."


def _general(name: str) -> x509.GeneralName:
    address = _address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
