"""What claimed notices say, to whom and on which channel: prepared many at a time."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec

from backend import outbox
from backend.domain.notices import AnyNotice, CardChanged, ChatLost, TaskAssigned
from backend.kit import clock, logs
from backend.kit.db import OperationalError
from backend.short_numbers import numbers
from bot import addresses, attempts, cards, twins
from bot.addresses import Reader, Route
from bot.claimed import Claimed
from bot.outlet import Job, Outlet
from bot.rationing import Rations, put_off, rations
from bot.render_digest import WITH_TASKS
from bot.render_slot import tasks_of, together
from bot.settling import Settling
from bot.twins import Other
from bot.words import Voice

log = logs.get("bot.sender")

#: These say what is true now, which is asked for. Everything else holds its own words.
_ASKS = frozenset({CardChanged.__name__, TaskAssigned.__name__})

#: So many are put into words before somebody else in this process has a turn.
_BREATH = 16

_NOBODY: frozenset[str] = frozenset()

#: What people call their tasks, by person.
Numbers = Mapping[int, Mapping[int, int]]

#: Two messages of one notice that both look for another channel must not find the same: one waits, the other longer.
_AFTER_THE_TWIN = timedelta(seconds=1)
_AFTER_THE_FIRST = timedelta(seconds=3)


class Known(msgspec.Struct, frozen=True):
    """What is known of a batch: who is to hear it, which channels refused which notice, what runs short, by which numbers
    the readers of several lines call their tasks, and where the other message of urgent work went."""

    people: Mapping[int, Reader]
    failed: Mapping[int, Collection[str]]
    short: Rations
    called: Numbers
    others: Mapping[int, Other]

    def usable(self, claimed: Claimed, outlets: Collection[str]) -> list[Route]:
        """The ways this may go now, best first."""
        who = self.people[claimed.person_id]
        ways = self.short.sorted(claimed, addresses.usable(who, claimed.kind, outlets, self._closed_to(claimed)))
        other = self.others.get(claimed.id)
        return ways if other is None else other.ways(claimed, ways)

    def yields(self, claimed: Claimed) -> bool:
        """Whether it has to wait until the other message of the notice has found its way."""
        other = self.others.get(claimed.id)
        return other is not None and other.is_choosing(claimed)

    def why_nobody(self, claimed: Claimed, outlets: Collection[str]) -> str:
        """Why it goes nowhere, for whoever asks."""
        who, failed = self.people[claimed.person_id], self._closed_to(claimed)
        other, left = self.others.get(claimed.id), addresses.usable(who, claimed.kind, outlets, failed)
        if other is not None and left:
            return outbox.ONLY_WAY + ", ".join(sorted(other.taken) or [left[0].channel])
        return addresses.why_nobody(who, claimed.kind, failed)

    def _closed_to(self, claimed: Claimed) -> Collection[str]:
        """The channels that refused it; what somebody is to know of their own chat never goes by the channel of that chat,
        where another may read it by now."""
        failed = self.failed.get(claimed.id, _NOBODY)
        if claimed.kind != ChatLost.__name__:
            return failed
        notice = claimed.notices[0]
        return {*failed, notice.channel} if isinstance(notice, ChatLost) and not notice.person else failed


class Prepared:
    """Puts notices into words for their readers. What is claimed and cannot be sent is settled at once by ``holder``."""

    def __init__(self, url: str, zone: str, holder: Settling, outlets: Mapping[str, Outlet]) -> None:
        self._url, self._zone = url, zone
        self._holder, self._outlets = holder, outlets
        self._voices: dict[str, Voice] = {}

    async def plain(self, batch: Sequence[Claimed]) -> dict[int, Job]:
        """The jobs of those that hold their own words and have somewhere to go, by notice; nothing is settled."""
        known = await _known(batch, self._zone)
        found = {}
        for number, claimed in enumerate(batch):
            if claimed.kind in _ASKS:
                continue
            # What is wrong with it is told by the long way.
            with suppress(Exception):
                usable = known.usable(claimed, self._outlets)
                if usable and known.short.hold(claimed, usable) is None and not known.yields(claimed):
                    found[claimed.id] = self._send(claimed, claimed.notices, known, usable)
            if number % _BREATH == 0:
                await asyncio.sleep(0)
        return found

    async def jobs(self, batch: Sequence[Claimed]) -> list[Job | str | Exception]:
        """For each of these what is to be done, or the name of the end it has come to, or why neither can be told
        (the database is away). They are asked about side by side."""
        known = await _known(batch, self._zone)

        async def prepared(claimed: Claimed) -> Job | str | Exception:
            try:
                return await self._job(claimed, known)
            except Exception as error:
                return error

        return await asyncio.gather(*(prepared(claimed) for claimed in batch))

    async def _job(self, claimed: Claimed, known: Known) -> Job | str:
        try:
            return await self._worded(claimed, known)
        except (OperationalError, OSError):
            raise
        except Exception as error:
            # A notice that breaks the renderer would break it for ever: better a dead letter than a blocked chat.
            log.error("notice.unsayable", notice=claimed.id, kind=claimed.kind, exc_info=error)
            await self._holder.unsayable(claimed, f"cannot be put into words: {type(error).__name__}: {error}")
            return "dead"

    async def _worded(self, claimed: Claimed, known: Known) -> Job | str:
        notices = claimed.notices
        notice, voice = notices[0], self._voice(known.people[claimed.person_id].locale)
        if isinstance(notice, CardChanged):
            return await self._card_to_edit(claimed, notice, voice)
        if known.yields(claimed):
            wait = _AFTER_THE_TWIN if claimed.twin_of_id is None else _AFTER_THE_FIRST
            await self._holder.put_back(claimed, clock.real() + wait)
            return "later"
        usable = known.usable(claimed, self._outlets)
        if not usable:
            await self._holder.nobody(claimed, known.why_nobody(claimed, self._outlets))
            return "muted"
        if (hold := known.short.hold(claimed, usable)) is not None:
            if claimed.twin_of_id is not None and not hold.together:
                # The first has gone: what waits a month for a second channel says nothing any more.
                await self._holder.nobody(claimed, known.why_nobody(claimed, self._outlets))
                return "muted"
            await put_off(self._holder, claimed, hold)
            return "later"
        job = self._send(claimed, notices, known, usable)
        if isinstance(notice, TaskAssigned):
            text = await cards.as_of_now(claimed.person_id, job.text, notice.task, voice, claimed.maybe_sent)
            return msgspec.structs.replace(job, text=text)
        return job

    def _send(self, claimed: Claimed, notices: Sequence[AnyNotice], known: Known, usable: Sequence[Route]) -> Job:
        maybe_sent = any(line.maybe_sent for line in claimed.all)
        own = known.called.get(claimed.person_id, {})
        voice = self._voice(known.people[claimed.person_id].locale)
        text = together(notices, voice, own, maybe_sent=maybe_sent)
        outlet, has_other = self._outlets[usable[0].channel], len(usable) > 1
        return Job(outlet, usable[0], text, has_other=has_other, twins=twins.wanted(claimed, notices))

    async def _card_to_edit(self, claimed: Claimed, notice: CardChanged, voice: Voice) -> Job | str:
        """The newest card of the task in the person's chat; none there: nothing to do."""
        editing = {name for name, outlet in self._outlets.items() if outlet.channel.edits}
        known = await addresses.last_cards(claimed.person_id, notice.task.id) if editing else []
        shown = [card for card in known if card.channel in editing]
        if not shown:
            await self._holder.nothing_to_do(claimed)
            return "nothing"
        card, text = shown[-1], await cards.current(claimed.person_id, notice.task, voice)
        return Job(self._outlets[card.channel], Route(card.channel, card.address), text, edits=card.message)

    def _voice(self, locale: str) -> Voice:
        if locale not in self._voices:
            self._voices[locale] = Voice(locale, self._url, self._zone)
        return self._voices[locale]


async def _known(batch: Sequence[Claimed], zone: str) -> Known:
    people = await addresses.readers([claimed.person_id for claimed in batch])
    failed = await attempts.failed_channels([claimed.id for claimed in batch if claimed.attempts])
    called: dict[int, set[int]] = {}
    for claimed in batch:
        if claimed.more or claimed.kind in WITH_TASKS:
            with suppress(msgspec.ValidationError):  # what is wrong with it is told by the long way
                called.setdefault(claimed.person_id, set()).update(tasks_of(claimed.notices))
    return Known(people, failed, await rations(batch, zone), await numbers(called), await twins.others(batch))
