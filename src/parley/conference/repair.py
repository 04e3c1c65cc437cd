"""What is missing and is asked for again, and what may be sent again (X14).

On a slow link what is repeated costs what is new: 740 repeats of pictures in 30 s drowned the
voice at 64 kbit/s. So a part of the budget pays for repeats, and a link that is full repeats none.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

from parley.conference.wanted import MISSING_MAX

FIRST_ASK_S: Final = 0.015  # after a gap is seen: it may only have been overtaken
ASKS_MAX: Final = 4
GIVE_UP_S: Final = 0.5  # on a short way; on a long one after it was asked for three times
GAP_MAX: Final = 256  # numbers at once; a longer one is no loss but a new beginning
KEPT_MAX: Final = 1_024
KEPT_S: Final = 1.0
SHARE: Final = 0.35  # of the budget, for repeats
SAVED_BYTES_MAX: Final = 8_000
GAPS_MAX: Final = 1_024
WINDOW_S: Final = 5.0  # for the figure that people read


@dataclass(slots=True)
class _Gap:
    since: float
    asked_at: float
    asks: int = 0
    first_asked_at: float = 0.0


class Missing:
    """Which numbers have not come."""

    def __init__(self) -> None:
        self.newest = -1
        self.repeated = self.recovered = self.lost = 0
        self.came = self.expected = 0  # since the last report
        self._missed = self._due = 0  # since it was last looked at
        self._lately: deque[tuple[float, int, int]] = deque()  # when, missed, due
        self._rtt_s = 0.0
        self._gaps: dict[int, _Gap] = {}

    def take(self, number: int, now: float) -> tuple[bool, bool]:
        """A datagram came: whether it is the first of its number, and whether it is the newest."""
        if number > self.newest:
            ahead = number - self.newest if self.newest >= 0 else 1
            self.newest = number
            self.came += 1
            if ahead <= GAP_MAX:
                self.expected += ahead
                self._due += ahead
                for each in range(number - ahead + 1, number):
                    self._gaps[each] = _Gap(now, now)
                while len(self._gaps) > GAPS_MAX:
                    del self._gaps[next(iter(self._gaps))]
                    self._missed += 1
            else:
                self.expected += 1
                self._due += 1
                self._gaps.clear()
            return True, True
        gap = self._gaps.pop(number, None)
        if gap is None:
            self.repeated += 1
            return False, False
        # One that was only overtaken comes before the answer to a question can.
        if gap.asks and now - gap.first_asked_at > self._rtt_s / 2:
            self._missed += 1
        self.recovered += 1
        self.came += 1
        return True, False

    @property
    def any(self) -> bool:
        """Whether a number has not come and may come yet."""
        return bool(self._gaps)

    def to_ask(self, now: float, rtt_s: float) -> list[int]:
        """Numbers that are due to be asked for."""
        self._rtt_s = rtt_s
        due: list[int] = []
        for number, gap in list(self._gaps.items()):
            if now - gap.since > max(GIVE_UP_S, 3 * rtt_s + 0.1):
                del self._gaps[number]
                self.lost += 1
                self._missed += 1
                continue
            after = FIRST_ASK_S if gap.asks == 0 else rtt_s * 1.1 + 0.02
            if gap.asks < ASKS_MAX and now - gap.asked_at > after and len(due) < MISSING_MAX:
                gap.first_asked_at = gap.first_asked_at if gap.asks else now
                gap.asks += 1
                gap.asked_at = now
                due.append(number)
        return due

    def share_lost(self) -> float:
        """The share that was lost since the last report."""
        lost = 1 - self.came / self.expected if self.expected else 0.0
        self.came = self.expected = 0
        return max(0.0, lost)

    def share_missed(self, now: float) -> float:
        """What the way here loses: the share that did not come when it was first sent, lately.

        What was repeated in time came all the same, and a budget need not fall for it; but who asks
        how good a link is wants to know.
        """
        self._lately.append((now, self._missed, self._due))
        self._missed = self._due = 0
        while now - self._lately[0][0] > WINDOW_S:
            self._lately.popleft()
        missed, due = (sum(each[at] for each in self._lately) for at in (1, 2))
        return min(1.0, missed / due) if due else 0.0


class Repeats:
    """What was sent lately and may be sent again."""

    def __init__(self) -> None:
        self.sent = self.refused = 0
        self._kept: OrderedDict[int, tuple[float, bytes]] = OrderedDict()
        self._saved = float(SAVED_BYTES_MAX)
        self._saved_at: float | None = None

    def keep(self, number: int, plain: bytes, now: float) -> None:
        """Remember what was sent."""
        self._kept[number] = (now, plain)
        while len(self._kept) > KEPT_MAX or now - next(iter(self._kept.values()))[0] > KEPT_S:
            self._kept.popitem(last=False)

    def again(self, number: int, kbps: float, now: float) -> bytes | None:
        """What is to be sent again, if it is still known and the budget has room for it."""
        spent = now - (self._saved_at if self._saved_at is not None else now)
        self._saved_at = now
        self._saved = min(SAVED_BYTES_MAX, self._saved + spent * kbps * 1000 / 8 * SHARE)
        kept = self._kept.get(number)
        if kept is None or now - kept[0] > KEPT_S or self._saved < len(kept[1]):
            self.refused += 1
            return None
        self._saved -= len(kept[1])
        self.sent += 1
        return kept[1]
