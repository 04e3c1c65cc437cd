"""How much may be sent: what the link takes, found from delay, and what goes when it takes less.

Sound outlives pictures. Delay says that a link is full; loss alone does not, for radio loses one
packet in twenty with no queue anywhere. When nothing is heard back both ways may be jammed, and
the reports with them: that is the time to send less, not more (spec/media-link.md X15, X16, X17).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

KBPS_FIRST: Final = 600.0
KBPS_MAX: Final = 1_500.0
KBPS_MIN: Final = 40.0
PICTURES_KBPS_MIN: Final = 90.0  # below it there is sound only
RETRY_KBPS: Final = 60.0  # with which pictures begin again: 320x180, six a second
RETRY_KBPS_MIN: Final = 50.0
KBPS_LEFT_MIN: Final = 20  # for pictures, while there are any
NET: Final = 0.9  # of what pictures take of a link is theirs; the rest is headers and seals
CLIMBED_KBPS: Final = 150.0  # from here on a retry has held
REPEATS_TWICE_KBPS_MIN: Final = 300.0  # from here on each frame of sound goes three times
REPEATS_KBPS_MIN: Final = 100.0  # and twice; below, once
REPEATS_LOSSY_KBPS_MIN: Final = 60.0  # but twice where the link loses
LOSSY: Final = 0.02
RETRY_S: Final = 8.0
RETRY_S_MAX: Final = 60.0
CALM_S: Final = 0.4  # between two cuts: the effect of one shows only after a round trip
GROWTH: Final = 1.12
GROWS_EACH_S: Final = 0.8
GROWS_SLOWLY_EACH_S: Final = 2.5
SLOW_KBPS: Final = 200.0
HOT_MS: Final = 90  # of queue
HOTTER_MS: Final = 250
CLEAN_MS: Final = 80
CLEAN_LOST: Final = 0.05
SILENCE_S: Final = 0.35
BREAKS_EACH_S: Final = 0.2
CUT_S: Final = 3.0  # silence of this length is a cut, and no full queue
AFTER_CUT_S: Final = 1.0
CALM_MS: Final = 40  # of queue, and no more lost than where a link is clean
CALM_REPORTS: Final = 3  # after a short silence: nothing of it was a full link
CALM_REPORTS_LONG: Final = 10  # and a link that takes all that is sent may be tried sooner
SHORT_SILENCE_S: Final = 1.0
RESTORES_EACH_S: Final = 10.0

# What a page makes of a budget: from so many kbit/s on, width, height and pictures a second.
LADDER: Final = (
    (1_000, 1280, 720, 30),
    (300, 640, 360, 30),
    (160, 640, 360, 15),
    (100, 320, 180, 10),
    (0, 320, 180, 6),
)


# What sound takes of the link with everything around it, by how often each frame goes.
SOUND_KBPS: Final = {1: 32, 2: 50, 3: 160}


@dataclass(frozen=True, slots=True)
class Budget:
    """What the page may send now."""

    kbps: int  # in all, with what the stations add
    pictures: bool
    pictures_kbps: int  # of the encoder
    sound_ms: int
    sound_kbps: int  # of the encoder
    width: int = 0
    height: int = 0
    pictures_s: int = 0


class Rate:
    """The budget of one direction of one link."""

    def __init__(self, now: float, kbps_first: float, kbps_max: float) -> None:
        self.kbps = min(kbps_first, kbps_max)
        self.kbps_max = kbps_max
        self.shed = False  # pictures
        self.sheds = self.breaks = self.cuts = 0
        self.queue_ms = 0
        self.lost = 0.0  # of the last reports, smoothed
        self._changed_at = now - CALM_S
        self._clean_since = now
        self._retry_s = RETRY_S
        self._retrying = False
        self._hot = self._collapsing = 0
        self._heard_at: float | None = None
        self._broken_at = now
        self._before_silence = self.kbps
        self._calm = 0  # reports, one after the other
        self._spared: tuple[float, bool] | None = None  # budget and shed before a short silence
        self._restored_at = now - RESTORES_EACH_S
        self._unclean = False  # the report before
        self._clean_before: float | None = None  # the silence that is on, while pictures are off
        self._cut = False  # just over, and pictures have not been tried again

    @property
    def redundancy(self) -> int:
        """How many frames of sound a datagram carries."""
        if self.kbps >= REPEATS_TWICE_KBPS_MIN and not self.shed:
            return 3
        least = REPEATS_LOSSY_KBPS_MIN if self.lost > LOSSY else REPEATS_KBPS_MIN
        return 2 if self.kbps >= least else 1

    def budget(self) -> Budget:
        """For the page (X19)."""
        kbps, sound_ms, sound_kbps = int(self.kbps), 60, 12
        if self.shed:
            return Budget(kbps, False, 0, sound_ms, sound_kbps)
        if self.redundancy == 3:
            sound_ms, sound_kbps = 20, 24
        left = int(max(KBPS_LEFT_MIN, NET * (kbps - SOUND_KBPS[self.redundancy])))
        _, width, height, pictures_s = next(step for step in LADDER if kbps >= step[0])
        return Budget(kbps, True, left, sound_ms, sound_kbps, width, height, pictures_s)

    def report(
        self, now: float, *, queue_ms: int, lost: float, received_kbps: float, sent_kbps: float
    ) -> None:
        """The other end tells what came (X15)."""
        self._heard(now)
        self.queue_ms = queue_ms
        self.lost = 0.8 * self.lost + 0.2 * lost  # a report alone covers a dozen datagrams
        self._hot = self._hot + 1 if queue_ms > HOT_MS else 0
        self._calm = self._calm + 1 if queue_ms < CALM_MS and lost < CLEAN_LOST else 0
        self._restore(now)
        # A busy machine is late now and then, and of the few datagrams of a voice one is much: a
        # single such report every few seconds would keep pictures away from a good link for ever.
        unclean = queue_ms > CLEAN_MS or lost > CLEAN_LOST
        if unclean and self._unclean:
            self._clean_since = now
        self._unclean = unclean
        if self._hot >= 4 or (self._hot >= 2 and queue_ms > HOTTER_MS):
            self.less(now, 0.7, received_kbps if queue_ms > 200 else None)
        elif self._hot >= 2:
            self.less(now, 0.92)
        if lost > 0.2 and received_kbps < 0.7 * sent_kbps and queue_ms > 60:
            self._collapsing += 1
            if self._collapsing >= 2:
                self._less(now, 0.5, received_kbps)
        else:
            self._collapsing = 0
            if self.lost > 0.25 and not self.shed:
                self.less(now, 0.7)

    def less(self, now: float, share: float, received_kbps: float | None = None) -> None:
        """Send less, unless that was just done."""
        if now - self._changed_at >= CALM_S:
            self._less(now, share, received_kbps)

    def _less(self, now: float, share: float, received_kbps: float | None = None) -> None:
        self._changed_at = self._clean_since = now
        kbps = self.kbps * share
        if received_kbps is not None and received_kbps > 60:
            kbps = min(kbps, received_kbps * 0.85)
        self.kbps = max(KBPS_MIN, kbps)
        if not self.shed and self.kbps < (RETRY_KBPS_MIN if self._retrying else PICTURES_KBPS_MIN):
            self.shed = True
            self.sheds += 1

    def stalled(self, now: float, stall_s: float) -> None:
        """We did not listen for so long, which is no silence of theirs."""
        if self._heard_at is not None:
            self._heard_at = min(now, self._heard_at + stall_s)

    def tick(self, now: float, rtt_s: float) -> bool:
        """Time passes; whether the breaker went, and what waits of pictures is to go (X16)."""
        broke = False
        if self._heard_at is not None:
            silent_s = now - self._heard_at
            if silent_s > max(SILENCE_S, 2 * rtt_s + 0.15) and (
                now - self._broken_at > BREAKS_EACH_S
            ):
                self._broken_at = now
                self.breaks += 1
                if self.shed and self._clean_before is None:
                    self._clean_before = self._clean_since
                if self._spared is None and now - self._restored_at >= RESTORES_EACH_S:
                    self._spared = (self.kbps, self.shed)
                self._less(now, 0.5)
                broke = True
        if self.shed:
            if now - self._clean_since > (AFTER_CUT_S if self._cut else self._retry_s):
                self._retry(now)
            return broke
        fast = self.kbps > SLOW_KBPS or self._calm >= CALM_REPORTS_LONG
        each_s = GROWS_EACH_S if fast else GROWS_SLOWLY_EACH_S
        if now - self._changed_at > each_s and self.kbps < self.kbps_max and not broke:
            self._changed_at = now
            self.kbps = min(self.kbps_max, self.kbps * GROWTH + 4)
            if self._retrying and self.kbps >= CLIMBED_KBPS:
                self._retrying, self._retry_s = False, RETRY_S
        return broke

    def _heard(self, now: float) -> None:
        silent_s = now - self._heard_at if self._heard_at is not None else 0.0
        self._heard_at = now
        if silent_s > SHORT_SILENCE_S:
            self._spared = self._clean_before = None
        if silent_s > CUT_S:
            self.cuts += 1
            self._cut = True
            self._hot = self._collapsing = 0
            self._clean_since = now
        elif not self._cut:
            self._before_silence = self.kbps

    def _restore(self, now: float) -> None:
        """After a short silence the first reports tell what it was: behind a full link they speak
        of a queue or of loss; where only the other station was busy, they do not."""
        if not self._calm:
            self._spared = self._clean_before = None
        elif self._calm >= CALM_REPORTS and self._clean_before is not None:
            self._clean_since, self._clean_before = self._clean_before, None
        if self._spared is not None and self._calm >= CALM_REPORTS:
            kbps, shed = self._spared
            self._spared = None
            self._restored_at = self._changed_at = now
            self.kbps, self.shed = max(self.kbps, NET * kbps), self.shed and shed

    def _retry(self, now: float) -> None:
        """Let pictures go again: after a cut with half of what went before it, since a cut is no
        full link; after a full link with the least, and each time after a longer while."""
        self.shed = False
        self._changed_at = now
        if self._cut:
            self._cut = False
            self.kbps = max(RETRY_KBPS, self._before_silence / 2)
        else:
            self.kbps = RETRY_KBPS
            self._retry_s = min(RETRY_S_MAX, 2 * self._retry_s)
        self._retrying = self.kbps < CLIMBED_KBPS
