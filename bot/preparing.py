"""What claimed notices say, to whom and on which channel: prepared many at a time."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

import msgspec

from backend.domain.notices import AnyNotice, CardChanged, TaskAssigned
from backend.kit import logs
from backend.kit.db import OperationalError
from backend.short_numbers import numbers
from bot import addresses, attempts, cards
from bot.addresses import Reader, Route
from bot.claimed import Claimed
from bot.outlet import Job, Outlet
from bot.rationing import Rations, put_off, rations
from bot.render_slot import together
from bot.settling import Settling
from bot.words import Voice

log = logs.get("bot.sender")

#: These say what is true now, which is asked for. Everything else holds its own words.
_ASKS = frozenset({CardChanged.__name__, TaskAssigned.__name__})

#: So many are put into words before somebody else in this process has a turn.
_BREATH = 16

_NOBODY: frozenset[str] = frozenset()

#: What people call their tasks, by person.
Numbers = Mapping[int, Mapping[int, int]]


class Prepared:
    """Puts notices into words for their readers. What is claimed and cannot be sent is settled at once by ``holder``."""

    def __init__(self, url: str, zone: str, holder: Settling, outlets: Mapping[str, Outlet]) -> None:
        self._url, self._zone = url, zone
        self._holder, self._outlets = holder, outlets
        self._voices: dict[str, Voice] = {}

    async def plain(self, batch: Sequence[Claimed]) -> dict[int, Job]:
        """The jobs of those that hold their own words and have somewhere to go, by notice; nothing is settled."""
        people, failed, short, called = await _known(batch, self._zone)
        found = {}
        for number, claimed in enumerate(batch):
            if claimed.kind in _ASKS:
                continue
            # What is wrong with it is told by the long way.
            with suppress(Exception):
                who = people[claimed.person_id]
                usable = addresses.usable(who, claimed.kind, self._outlets, failed.get(claimed.id, _NOBODY))
                usable = short.sorted(claimed, usable)
                if usable and short.hold(claimed, usable) is None:
                    found[claimed.id] = self._send(claimed, claimed.notices, who, usable, called)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        return found

    async def jobs(self, batch: Sequence[Claimed]) -> list[Job | str | Exception]:
        """For each of these what is to be done, or the name of the end it has come to, or why neither can be told
        (the database is away). They are asked about side by side."""
        people, failed, short, called = await _known(batch, self._zone)

        async def prepared(claimed: Claimed) -> Job | str | Exception:
            try:
                return await self._job(
                    claimed, people[claimed.person_id], failed.get(claimed.id, _NOBODY), short, called
                )
            except Exception as error:
                return error

        return await asyncio.gather(*(prepared(claimed) for claimed in batch))

    async def _job(
        self, claimed: Claimed, who: Reader, failed: Collection[str], short: Rations, called: Numbers
    ) -> Job | str:
        try:
            return await self._worded(claimed, who, failed, short, called)
        except (OperationalError, OSError):
            raise
        except Exception as error:
            # A notice that breaks the renderer would break it for ever: better a dead letter than a blocked chat.
            log.error("notice.unsayable", notice=claimed.id, kind=claimed.kind, exc_info=error)
            await self._holder.unsayable(claimed, f"cannot be put into words: {type(error).__name__}: {error}")
            return "dead"

    async def _worded(
        self, claimed: Claimed, who: Reader, failed: Collection[str], short: Rations, called: Numbers
    ) -> Job | str:
        notices = claimed.notices
        notice, voice = notices[0], self._voice(who.locale)
        if isinstance(notice, CardChanged):
            return await self._card_to_edit(claimed, notice, voice)
        usable = short.sorted(claimed, addresses.usable(who, claimed.kind, self._outlets, failed))
        if not usable:
            await self._holder.nobody(claimed, addresses.why_nobody(who, claimed.kind, failed))
            return "muted"
        if (hold := short.hold(claimed, usable)) is not None:
            await put_off(self._holder, claimed, hold)
            return "later"
        job = self._send(claimed, notices, who, usable, called)
        if isinstance(notice, TaskAssigned):
            text = await cards.as_of_now(claimed.person_id, job.text, notice.task, voice, claimed.maybe_sent)
            return msgspec.structs.replace(job, text=text)
        return job

    def _send(
        self, claimed: Claimed, notices: Sequence[AnyNotice], who: Reader, usable: Sequence[Route], called: Numbers
    ) -> Job:
        maybe_sent = any(line.maybe_sent for line in claimed.all)
        own = called.get(claimed.person_id, {})
        text = together(notices, self._voice(who.locale), own, maybe_sent=maybe_sent)
        return Job(self._outlets[usable[0].channel], usable[0], text, has_other=len(usable) > 1)

    async def _card_to_edit(self, claimed: Claimed, notice: CardChanged, voice: Voice) -> Job | str:
        """The newest card of the task in the person's chat; none there: nothing to do."""
        shown = [
            card
            for card in await addresses.last_cards(claimed.person_id, notice.task.id)
            if (outlet := self._outlets.get(card.channel)) and outlet.channel.edits
        ]
        if not shown:
            await self._holder.nothing_to_do(claimed)
            return "nothing"
        card, text = shown[-1], await cards.current(claimed.person_id, notice.task, voice)
        return Job(self._outlets[card.channel], Route(card.channel, card.address), text, edits=card.message)

    def _voice(self, locale: str) -> Voice:
        if locale not in self._voices:
            self._voices[locale] = Voice(locale, self._url, self._zone)
        return self._voices[locale]


async def _known(
    batch: Sequence[Claimed], zone: str
) -> tuple[dict[int, Reader], dict[int, set[str]], Rations, Numbers]:
    """Who is to hear these, which channels refused which of them, what runs short, and by which
    numbers the readers of several lines call their tasks."""
    people = await addresses.readers([claimed.person_id for claimed in batch])
    failed = await attempts.failed_channels([claimed.id for claimed in batch if claimed.attempts])
    called: dict[int, set[int]] = {}
    for claimed in batch:
        if claimed.more:
            called.setdefault(claimed.person_id, set()).update(line.task_id for line in claimed.all if line.task_id)
    return people, failed, await rations(batch, zone), await numbers(called)
