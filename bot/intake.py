"""What one channel is told, taken a message at a time: looked for, the oldest of each chat, an album whole, claimed."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta

import msgspec

from backend.kit import clock
from backend.kit.batching import Batching
from bot import heard
from bot.heard import Heard, Row

#: So many messages at least are claimed with one statement, though they may wait a moment for a lane.
_CLAIMED_AT_ONCE = 4
#: So many stored messages are read before somebody else in this process has a turn.
_BREATH = 32
#: What is handled is noted together with what others end so shortly after.
_LINGER_S = 0.01
#: Nobody tells of what another replica stored, or of what has rested long enough: so often it is looked for.
POLL_S = 1.0

#: An update somebody began to handle and did not finish is taken up again so long after it came, by the tries so far.
_AGAIN_AFTER = (timedelta(), timedelta(seconds=90), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))


class Work(msgspec.Struct, frozen=True):
    """What one lane handles at once: an update, or the updates of an album."""

    rows: tuple[Row, ...]
    heard: Heard

    @property
    def tries(self) -> int:
        """How many tries were begun, this one among them."""
        return self.rows[0].attempts + 1

    @property
    def is_last_try(self) -> bool:
        return self.tries >= len(_AGAIN_AFTER)


class Intake:
    """Gives out what waits. What is given out is finished, or rests until it is tried again; until then nothing else of
    its chat is given out."""

    def __init__(
        self, channel: str, read: Callable[[str], Heard | None], busy: set[str], *, lanes: int, album_wait_s: float
    ) -> None:
        """``busy``: the chats that somebody is being listened to in; whoever takes work frees its chat."""
        self._channel, self._read, self._busy = channel, read, busy
        self._lanes, self._album_wait_s = lanes, album_wait_s
        self._claimed: deque[Work] = deque()
        #: What waited when somebody last looked, oldest first, without what was taken since.
        self._hand: dict[int, tuple[Row, Heard]] = {}
        self._rest: dict[int, float] = {}
        self._albums: dict[str, tuple[int, float]] = {}
        #: There may be more than was seen at the last look, and when that was.
        self._news, self._looked_at = True, 0.0
        self._finished: Batching[tuple[int, str], None] = Batching(heard.finish, linger_s=_LINGER_S)

    def news(self) -> None:
        """Something may have come in."""
        self._news = True

    @property
    def is_claimed(self) -> bool:
        """Something is claimed that nobody has taken."""
        return bool(self._claimed)

    @property
    def pause_s(self) -> float:
        """How long to wait before asking again unasked."""
        return min(POLL_S, self._album_wait_s) if self._albums else POLL_S

    async def addresses(self) -> set[str] | None:
        """Of whom something is stored and not handled yet; None when that is more than is looked at."""
        rows = await heard.waiting(self._channel)
        if len(rows) >= heard.LOOK_AT:
            return None
        return {said.address for row in rows if (said := self._read(row.body)) is not None}

    def rest(self, work: Work, for_s: float) -> None:
        """It is given out again after a rest."""
        self._rest |= {row.id: time.monotonic() + for_s for row in work.rows}

    async def finish(self, rows: Sequence[Row], problem: str = "") -> None:
        """Handled, or given up with a problem."""
        await asyncio.gather(*(self._finished((row.id, problem)) for row in rows))
        for row in rows:
            self._rest.pop(row.id, None)

    def next_claimed(self) -> Work | None:
        """Of what is claimed the first; nothing more is claimed."""
        return self._claimed.popleft() if self._claimed else None

    async def next(self, *, look: bool = False) -> Work | None:
        """The oldest update that is ready, of a chat that is not busy; claimed by raising its count of tries. It is looked
        for what has come in when there is ``look`` or some other reason to."""
        if not self._claimed:
            await self._claim(albums=False)
        if not self._claimed and (look or self._is_worth_a_look()):
            await self._look()
            await self._claim(albums=True)
        return self.next_claimed()

    def _is_worth_a_look(self) -> bool:
        return self._news or bool(self._albums) or time.monotonic() >= self._looked_at + POLL_S

    async def _look(self) -> None:
        """Take in hand what waits: one look serves many updates when many have come."""
        self._news, self._looked_at = False, time.monotonic()
        rows = await heard.waiting(self._channel)
        self._news = self._news or len(rows) >= heard.LOOK_AT
        hand: dict[int, tuple[Row, Heard]] = {}
        silent: list[Row] = []
        for number, row in enumerate(rows):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            said = self._read(row.body)
            if said is None:
                silent.append(row)
            else:
                hand[row.id] = row, said
        self._hand = hand
        await self.finish(silent, "says nothing to us")

    async def _claim(self, *, albums: bool) -> None:
        """Claim, of what is in hand and ready, the first of each chat, as many as lanes are free. ``albums``: what is in
        hand is as it is now, so that it may be said whether an album is whole."""
        found: dict[str, Work] = {}
        for row, said in list(self._hand.values()):
            if said.address in self._busy or said.address in found or not self._is_ready(row):
                continue
            if said.album and not albums:
                continue
            together = [row] if not said.album else self._album(said.album)
            if together:
                whole = heard.joined([self._hand.pop(one.id)[1] for one in together])
                found[said.address] = Work(tuple(together), whole)
            if len(found) == max(self._lanes - len(self._busy), _CLAIMED_AT_ONCE):
                break
        if not found:
            return
        ours = await heard.claim([row for work in found.values() for row in work.rows])
        for address, work in found.items():
            if ours.issuperset(row.id for row in work.rows):
                self._busy.add(address)
                self._claimed.append(work)

    def _is_ready(self, row: Row) -> bool:
        if row.id in self._rest:
            return time.monotonic() >= self._rest[row.id]
        return clock.real() >= row.received_at + _AGAIN_AFTER[min(row.attempts, len(_AGAIN_AFTER) - 1)]

    def _album(self, album: str) -> list[Row]:
        """All messages of an album once no more have come for a while; until then nothing."""
        together = [row for row, said in self._hand.values() if said.album == album]
        count, since = self._albums.get(album, (0, 0.0))
        now = time.monotonic()
        if count != len(together):
            self._albums[album] = (len(together), now)
            since = now
        if now - since < self._album_wait_s:
            return []
        self._albums.pop(album, None)
        return together
