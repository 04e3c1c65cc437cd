"""The protocol of a page's socket: the library's, which reads on while a few messages wait.

The library stops reading the connection behind each message and begins again when that was taken:
for the sound and pictures of a call two calls of the kernel each, 160 in a second.
"""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

WAITING_MAX: Final = 8  # messages; behind them nothing is read
SMALL_BYTES_MAX: Final = 65_536  # nor behind one that is larger


class PageSocket(WebSocketsSansIOProtocol):
    """One connection."""

    def send_receive_event_to_app(self) -> None:
        """A message came."""
        small = sum(map(len, self.frames)) <= SMALL_BYTES_MAX
        reads_on = small and not self.read_paused and self.queue.qsize() < WAITING_MAX - 1
        self.read_paused |= reads_on  # what is paused is not paused again
        super().send_receive_event_to_app()
        if reads_on:
            self.read_paused = False
