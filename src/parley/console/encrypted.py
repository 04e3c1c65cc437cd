"""The console by TLS 1.3: with which certificate, and a fresh one in time."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from parley.core.errors import ParleyError
from parley.station.acts.own_acts import MADE_FOR, Own
from parley.station.machine.console_certificate import ConsoleCertificate, current, names_of

if TYPE_CHECKING:
    from parley.station.station import Station

LOOK_S = 3_600.0

_LOG = logging.getLogger(__name__)


class Encryption:
    """What the console's server shows to browsers. Raises when there is no good certificate."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self.name = names_of(station.home.config.console)[0]
        self.certificate, made = current(station.home, station.clock.now().wall)
        self.context = self.certificate.context()
        self._take(self.certificate, made)

    def look(self) -> None:
        """Make the certificate anew when it is time. Connections that stand go on."""
        try:
            found, made = current(self._station.home, self._station.clock.now().wall)
            if made:
                found.load(self.context)
                self._take(found, made)
        except ParleyError as error:  # the line matters more than its pages; doctor says it too
            _LOG.warning("%s %s", error.sentence, error.hint)

    async def keep_fresh(self) -> None:
        """Look now and then, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look()

    def _take(self, certificate: ConsoleCertificate, made: bool) -> None:
        self.certificate = certificate
        station = self._station
        station.console_certificate = certificate.view()
        if made:
            told = MADE_FOR % {"names": ", ".join(certificate.names), "digits": certificate.digits}
            station.in_next_step(
                lambda: station.trail.happened(station.now.wall, Own.CONSOLE_CERTIFICATE, told)
            )
