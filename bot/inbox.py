"""What came in from a chat server: stored once, handled once, in the order of each chat; a crash loses nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

from backend.kit import logs
from backend.kit.batching import Batching
from bot import overflow
from bot.channel import ChatChannel, Receipt, SendError, Text
from bot.collected import Collected
from bot.heard import Heard
from bot.inbound import Inbound
from bot.intake import POLL_S, Intake, Work
from bot.quiet import Quiet
from bot.recall import remember
from bot.speech import Answer, Incoming, Mark, toast
from bot.words import Voice

log = logs.get("bot.inbox")

#: How many chats are listened to at the same time: most of the time one waits for the chat server to take an answer.
LANES = 16
#: Of how many of them what was said is done at the same time: the rest of the process lives, too.
_DOING = 8
#: What an answer was about is noted together with what others were told so shortly after.
_LINGER_S = 0.01
#: The photos of an album come as messages of their own; so long after the last one they are taken as one.
ALBUM_WAIT_S = 0.7

#: After a failure this process saw itself, it need not wait that long.
_REST_S = 5.0
#: Pauses before an answer that did not go out is tried again, at most as long as a server may ask for.
RESTS_S = (1.0, 3.0)
_LONGEST_REST_S = 10.0


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
        self._channel, self._inbound, self._voice = channel, inbound, voice
        self._handled, self._rests_s = handled, rests_s
        #: The chats that somebody is being listened to in.
        self._busy: set[str] = set()
        self._intake = Intake(channel.name, read, self._busy, lanes=LANES, album_wait_s=album_wait_s)
        self._taking, self._doing = asyncio.Lock(), asyncio.Semaphore(_DOING)
        self._wake = asyncio.Event()
        self._closing = False
        self._closed = asyncio.Event()
        self._remembered: Batching[tuple[str, str, Mark], None] = Batching(
            partial(remember, channel.name), linger_s=_LINGER_S
        )
        self._quiet = Quiet(channel.name, self._busy, self._intake.addresses, self._hand_in)

    def kick(self) -> None:
        """Something may have come in: look now."""
        self._intake.news()
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
        while work := await self._intake.next(look=True):
            await self._handle(work)
            done += 1
        return done + await self.hand_in_quiet()

    async def hand_in_quiet(self) -> int:
        """Hand in the reports of this channel that have been quiet; returns how many."""
        return await self._quiet.once()

    async def _hand_in(self, held: Collected) -> None:
        try:
            answers = await self._inbound.quiet(self._channel, held)
            await self._answer(held.address, Incoming(kind="text"), answers)
        finally:
            self._handled()

    async def _lane(self) -> None:
        while not self._closing or self._intake.is_claimed:
            try:
                async with self._taking:
                    work = await self._take_or_sleep()
                if work:
                    await self._handle(work)
                    self._wake.set()  # the next of this chat may be in hand
            except Exception as error:
                log.error("inbox.failed", exc_info=error)
                await asyncio.sleep(POLL_S)

    async def _take_or_sleep(self) -> Work | None:
        if self._closing:
            return self._intake.next_claimed()
        self._wake.clear()
        if work := await self._intake.next():
            return work
        with suppress(TimeoutError):
            async with asyncio.timeout(self._intake.pause_s):
                await self._wake.wait()
        return None

    async def _handle(self, work: Work) -> None:
        said, address = work.heard.said, work.heard.address
        logs.bind_request(logs.new_request_id(), channel=self._channel.name, update=work.rows[0].id)
        try:
            async with self._doing:
                answers = await self._inbound.handle(self._channel, address, said)
            await self._answer(address, said, answers)
            await self._intake.finish(work.rows)
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

    async def _stumbled(self, work: Work, error: Exception) -> None:
        """Handling failed: again in a while, since every act repeated says what is already so; at last say sorry."""
        expected = isinstance(error, SendError)
        log.warning("update.failed", problem=str(error), exc_info=None if expected else error)
        if not work.is_last_try and (expected or not work.heard.said.press):
            asked_s = error.retry_after_s if isinstance(error, SendError) else None
            self._intake.rest(work, asked_s or _REST_S * work.tries)
            return
        await self._intake.finish(work.rows, str(error) or type(error).__name__)
        words = self._voice.say("errors.internal")
        pressed = bool(work.heard.said.press)
        sorry = toast(words) if pressed else Answer(Text(words))
        with suppress(SendError):
            await self._answer(work.heard.address, work.heard.said, [sorry])
