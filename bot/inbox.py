"""What came in from a chat server: stored once, handled once, in the order of each chat; a crash loses nothing."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

import msgspec

from backend.kit import clock, logs
from backend.kit.batching import Batching
from bot import heard, overflow
from bot.channel import ChatChannel, Receipt, SendError, Text
from bot.collected import Collected
from bot.heard import Heard, Row
from bot.inbound import Inbound
from bot.quiet import Quiet
from bot.recall import remember
from bot.speech import Answer, Incoming, Mark, toast
from bot.words import Voice

log = logs.get("bot.inbox")

#: How many chats are listened to at the same time: most of the time one waits for the chat server to take an answer.
LANES = 16
#: Of how many of them what was said is done at the same time: the rest of the process lives, too.
_DOING = 8
#: So many messages at least are claimed with one statement, though they may wait a moment for a lane.
_CLAIMED_AT_ONCE = 4
#: So many stored messages are read before somebody else in this process has a turn.
_BREATH = 32
#: What is noted after an answer has gone waits so long for what others have to note.
_LINGER_S = 0.01
POLL_S = 1.0
#: The photos of an album come as messages of their own; so long after the last one they are taken as one.
ALBUM_WAIT_S = 0.7

#: An update somebody began to handle and did not finish is taken up again so long after it came, by the tries so far.
_AGAIN_AFTER = (timedelta(), timedelta(seconds=90), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
#: After a failure this process saw itself, it need not wait that long.
_REST_S = 5.0
#: Pauses before an answer that did not go out is tried again, at most as long as a server may ask for.
RESTS_S = (1.0, 3.0)
_LONGEST_REST_S = 10.0


class _Work(msgspec.Struct, frozen=True):
    """What one lane handles at once: an update, or the updates of an album."""

    rows: tuple[Row, ...]
    heard: Heard


class Inbox:
    """Handles the stored updates of one channel; several lanes, one chat in one lane at a time."""

    def __init__(
        self,
        channel: ChatChannel,
        read: Callable[[str], Heard | None],
        inbound: Inbound,
        voice: Voice,
        *,
        handled: Callable[[], None] = lambda: None,
        album_wait_s: float = ALBUM_WAIT_S,
        rests_s: Sequence[float] = RESTS_S,
    ) -> None:
        """``voice`` speaks when nothing else can; ``handled`` is called after each update."""
        self._channel, self._read, self._inbound, self._voice = channel, read, inbound, voice
        self._handled, self._album_wait_s, self._rests_s = handled, album_wait_s, rests_s
        #: Chats of which something is claimed.
        self._busy: set[str] = set()
        self._claimed: deque[_Work] = deque()
        #: What waited when somebody last looked, oldest first, without what was taken since.
        self._hand: dict[int, tuple[Row, Heard]] = {}
        self._rest: dict[int, float] = {}
        self._albums: dict[str, tuple[int, float]] = {}
        self._taking, self._doing = asyncio.Lock(), asyncio.Semaphore(_DOING)
        self._wake = asyncio.Event()
        #: Something may have come in since the last look, and when that was.
        self._news, self._looked_at = True, 0.0
        #: More waited than was looked at.
        self._more = False
        self._closing = False
        self._closed = asyncio.Event()
        self._finished: Batching[tuple[int, str], None] = Batching(heard.finish, linger_s=_LINGER_S)
        self._remembered: Batching[tuple[str, str, Mark], None] = Batching(
            partial(remember, channel.name), linger_s=_LINGER_S
        )
        self._quiet = Quiet(channel.name, self._busy, self._addresses_waiting, self._hand_in)

    def kick(self) -> None:
        """Something may have come in: look now."""
        self._news = True
        self._wake.set()

    async def run(self) -> None:
        """Handle what comes until :meth:`close`; what is in hand is finished first."""
        await asyncio.gather(self._quiet.run(self._closed), *(self._lane() for _ in range(LANES)))

    async def close(self) -> None:
        self._closing = True
        self._closed.set()
        self.kick()

    async def drain_once(self) -> int:
        """Handle everything that waits and is ready; returns how many updates, albums or quiet reports that were."""
        done = 0
        while work := await self._take(look=True):
            await self._handle(work)
            done += 1
        return done + await self.hand_in_quiet()

    async def hand_in_quiet(self) -> int:
        """Hand in the reports of this channel that have been quiet; returns how many."""
        return await self._quiet.once()

    async def _addresses_waiting(self) -> set[str] | None:
        """Of whom something is stored and not handled yet; None when that is more than is looked at."""
        rows = await heard.waiting(self._channel.name)
        if len(rows) >= heard.LOOK_AT:
            return None
        return {said.address for row in rows if (said := self._read(row.body)) is not None}

    async def _hand_in(self, held: Collected) -> None:
        try:
            answers = await self._inbound.quiet(self._channel, held)
            await self._answer(held.address, Incoming(kind="text"), answers)
        finally:
            self._handled()

    async def _lane(self) -> None:
        while not self._closing or self._claimed:
            try:
                async with self._taking:
                    work = await self._take_or_sleep()
                if work:
                    await self._handle(work)
                    self._wake.set()  # the next of this chat may be in hand
            except Exception as error:
                log.error("inbox.failed", exc_info=error)
                await asyncio.sleep(POLL_S)

    async def _take_or_sleep(self) -> _Work | None:
        if self._closing:
            return self._claimed.popleft() if self._claimed else None
        self._wake.clear()
        if work := await self._take():
            return work
        with suppress(TimeoutError):
            async with asyncio.timeout(min(POLL_S, self._album_wait_s) if self._albums else POLL_S):
                await self._wake.wait()
        return None

    # Taking.

    async def _take(self, *, look: bool = False) -> _Work | None:
        """The oldest update that is ready, of a chat no lane is busy with; claimed by raising its count of tries. It is
        looked for what has come in when there is ``look`` or some other reason to."""
        if not self._claimed:
            await self._claim(albums=False)
        if not self._claimed and (look or self._is_worth_a_look()):
            await self._look()
            await self._claim(albums=True)
        return self._claimed.popleft() if self._claimed else None

    def _is_worth_a_look(self) -> bool:
        # Other replicas store things, too, and what rested may be ready.
        return self._news or self._more or bool(self._albums) or time.monotonic() >= self._looked_at + POLL_S

    async def _look(self) -> None:
        """Take in hand what waits: one look serves many updates when many have come."""
        self._news, self._looked_at = False, time.monotonic()
        rows = await heard.waiting(self._channel.name)
        self._more = len(rows) >= heard.LOOK_AT
        hand: dict[int, tuple[Row, Heard]] = {}
        for number, row in enumerate(rows):
            if number % _BREATH == 0:
                await asyncio.sleep(0)
            said = self._read(row.body)
            if said is None:
                await self._finish([row], "says nothing to us")
            else:
                hand[row.id] = row, said
        self._hand = hand

    async def _claim(self, *, albums: bool) -> None:
        """Claim, of what is in hand and ready, the first of each chat, as many as lanes are free. ``albums``: what is in
        hand is as it is now, so that it may be said whether an album is whole."""
        found: dict[str, _Work] = {}
        for row, said in list(self._hand.values()):
            if said.address in self._busy or said.address in found or not self._is_ready(row):
                continue
            if said.album and not albums:
                continue
            together = [row] if not said.album else self._album(said.album)
            if together:
                whole = heard.joined([self._hand.pop(one.id)[1] for one in together])
                found[said.address] = _Work(tuple(together), whole)
            if len(found) == max(LANES - len(self._busy), _CLAIMED_AT_ONCE):
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

    # Handling.

    async def _handle(self, work: _Work) -> None:
        said, address = work.heard.said, work.heard.address
        logs.bind_request(logs.new_request_id(), channel=self._channel.name, update=work.rows[0].id)
        try:
            async with self._doing:
                answers = await self._inbound.handle(self._channel, address, said)
            await self._answer(address, said, answers)
            await self._finish(work.rows)
        except Exception as error:
            await self._stumbled(work, error)
        finally:
            self._busy.discard(address)
            self._handled()

    async def _answer(self, address: str, said: Incoming, answers: Sequence[Answer]) -> None:
        if said.press:
            words = next((answer.toast for answer in answers if answer.toast is not None), "")
            await self._quietly(self._channel.toast(said.press, words))
        for place, answer in enumerate(answers):
            if answer.text is None:
                continue
            if answer.edit and self._channel.edits:
                await self._quietly(self._channel.edit(address, Receipt(answer.edit), answer.text))
                continue
            await self._say(address, answer, f"{said.receipt}:{place}" if said.receipt else "")

    async def _quietly(self, doing: Awaitable[None]) -> None:
        """A toast or an edit that fails loses nothing that the next message does not tell."""
        try:
            await doing
        except SendError as error:
            log.warning("answer.failed", kind=error.kind, detail=error.detail)

    async def _say(self, address: str, answer: Answer, key: str) -> None:
        """Send an answer; what surely did not arrive is tried again, for the act it tells of is done and stays done. When
        the channel's month is spent it goes another way."""
        assert answer.text is not None
        for rest_s in (*self._rests_s, None):
            try:
                receipt = await self._channel.send(address, answer.text)
            except SendError as error:
                log.warning("answer.failed", kind=error.kind, detail=error.detail)
                if error.spent:
                    await overflow.elsewhere(self._channel, address, answer, key, error, self._voice)
                if error.kind != "temporary" or error.spent or rest_s is None:
                    return
                await asyncio.sleep(min(error.retry_after_s or rest_s, _LONGEST_REST_S))
                continue
            if answer.mark is not None:
                await self._remembered((address, receipt.id, answer.mark))
            return

    async def _stumbled(self, work: _Work, error: Exception) -> None:
        """Handling failed: again in a while, since every act repeated says what is already so; at last say sorry."""
        expected = isinstance(error, SendError)
        log.warning("update.failed", problem=str(error), exc_info=None if expected else error)
        tries = work.rows[0].attempts + 1
        if tries < len(_AGAIN_AFTER) and (expected or not work.heard.said.press):
            wait_s = error.retry_after_s if isinstance(error, SendError) and error.retry_after_s else _REST_S * tries
            self._rest |= {row.id: time.monotonic() + wait_s for row in work.rows}
            return
        await self._finish(work.rows, str(error) or type(error).__name__)
        words = self._voice.say("errors.internal")
        pressed = bool(work.heard.said.press)
        sorry = toast(words) if pressed else Answer(Text(words))
        with suppress(SendError):
            await self._answer(work.heard.address, work.heard.said, [sorry])

    async def _finish(self, rows: Sequence[Row], problem: str = "") -> None:
        await asyncio.gather(*(self._finished((row.id, problem)) for row in rows))
        for row in rows:
            self._rest.pop(row.id, None)
