"""The console by TLS 1.3, in a real Chromium under a name that is not this machine's own."""

from __future__ import annotations

import asyncio
import base64
import http.client
import socket
import ssl
import urllib.request
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from playwright.async_api import Error, async_playwright, expect

from parley.console.encrypted import Encryption
from parley.station.machine.config import template
from parley.station.machine.console_certificate import FILE_NAME, ConsoleCertificate
from tests.console.conftest import FLAGS, PATIENCE_MS, Room
from tests.console.world import Post, found, settle

pytestmark = [pytest.mark.asyncio(loop_scope="session")]

NAME = "console.north.example"
SETTINGS = {"tls": "always", "names": [NAME]}
MAPPED = f"--host-resolver-rules=MAP {NAME} 127.0.0.1"


@pytest_asyncio.fixture(loop_scope="session")
async def north(tmp_path: Path) -> AsyncIterator[Post]:
    """A station whose pages are encrypted, and served under a name."""
    post = found(tmp_path, "North")
    settle(post)
    (post.folder / "station.toml").write_text(template(console=SETTINGS, sign_in={"enrol": "may"}))
    async with post:
        yield post


def shown(post: Post, version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> bytes:
    """The certificate that a caller is shown, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = version
    port = urlsplit(post.console).port
    with (
        socket.create_connection(("127.0.0.1", port or 0), 5) as plain,
        context.wrap_socket(plain) as connection,
    ):
        return connection.getpeercert(binary_form=True) or b""


@pytest.mark.browser
@pytest.mark.story
async def test_a_browser_that_knows_the_certificate_has_a_secure_context(
    north: Post, chromium: Path
) -> None:
    certificate = ConsoleCertificate.read(north.folder / FILE_NAME, ours=True)
    key = certificate.found.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    pin = base64.b64encode(sha256(key).digest()).decode()
    # Knows this key, as after a person compared the fingerprint; everything else is judged as ever.
    pinned = f"--ignore-certificate-errors-spki-list={pin}"
    assert urlsplit(north.console).hostname == NAME
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=[*FLAGS, MAPPED, pinned]
        )
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        room = Room(context)
        page = await room.press(north, "Wanda")  # its name is known to the browser alone
        assert await page.evaluate("window.isSecureContext")
        assert await page.evaluate("typeof navigator.mediaDevices.getUserMedia") == "function"
        cookies = await context.cookies()  # that of the seat, and that of the form before it
        assert cookies
        for cookie in cookies:
            assert cookie["name"].startswith("__Host-parley-")
            assert cookie["secure"]
            assert cookie["httpOnly"]
        answer = await page.goto(north.seat("Wanda"))
        assert answer is not None
        details = await answer.security_details()
        assert details is not None
        assert details["protocol"] == "TLS 1.3"
        await context.grant_permissions(["camera", "microphone"])
        await page.goto(f"{north.seat('Wanda')}/green-room")  # and a socket, by the same TLS
        await page.get_by_role("button", name="Turn on").click()
        await page.get_by_role("button", name="Send it through the station").click()
        await expect(page.locator("#heard-back")).to_have_text("comes back")
        assert room.faults == []
        await browser.close()
        # A browser that was told nothing refuses it.
        stranger = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, MAPPED])
        page = await stranger.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            await page.goto(north.console)
        await stranger.close()


@pytest.mark.browser
@pytest.mark.story
async def test_without_it_the_same_name_is_no_secure_context(
    tmp_path: Path, chromium: Path
) -> None:
    post = found(tmp_path, "North")
    settle(post)
    async with post, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, MAPPED])
        page = await browser.new_page()
        await page.goto(f"http://{NAME}:{urlsplit(post.console).port}/")
        assert not await page.evaluate("window.isSecureContext")
        await browser.close()


async def test_status_link_and_trail_say_which_certificate(north: Post) -> None:
    certificate = ConsoleCertificate.read(north.folder / FILE_NAME, ours=True)
    status = await north.ask("Wanda", "status")
    assert status["console"]["certificate"]["digits"] == certificate.digits
    link = await north.ask("Wanda", "signin.link", person=north.ids["Wanda"])
    assert link["certificate"]["fingerprint"] == certificate.fingerprint
    trail = (await north.ask("Aline", "audit"))["rows"]
    assert any(certificate.digits in str(row) for row in trail)


async def test_it_speaks_tls_1_3_and_nothing_before(north: Post) -> None:
    certificate = ConsoleCertificate.read(north.folder / FILE_NAME, ours=True)
    der = certificate.found.public_bytes(serialization.Encoding.DER)
    assert await asyncio.to_thread(shown, north) == der
    with pytest.raises(ssl.SSLError):
        await asyncio.to_thread(shown, north, ssl.TLSVersion.TLSv1_2)
    port = urlsplit(north.console).port
    with pytest.raises((OSError, http.client.HTTPException)):
        await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/", timeout=5)


async def test_a_fresh_one_is_shown_from_the_next_caller_on(north: Post) -> None:
    assert north.station is not None
    encryption = Encryption(north.station)
    first = encryption.certificate
    encryption.look()
    assert encryption.certificate is first
    first.file.unlink()  # as when its end is near; the same happens
    encryption.look()
    second = encryption.certificate
    assert second.fingerprint != first.fingerprint
    status = await north.ask("Wanda", "status")
    assert status["console"]["certificate"]["fingerprint"] == second.fingerprint
    # Bad news from the disk leaves what is served as it is.
    second.file.write_bytes(b"junk")
    encryption.look()
    assert encryption.certificate is second
