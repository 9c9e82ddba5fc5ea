"""A channel with its pace and its lanes, and one thing to be done on it."""

from collections import deque

import msgspec

from bot.addresses import Route
from bot.channel import Channel, Receipt, Text
from bot.claimed import Claimed
from bot.pacing import Limits, Pace


class Outlet:
    """A channel with its pace, the messages in hand for it, and how many more may be on their way at once.

    A lane is taken before an attempt is put on record and given back when it is settled: so many attempts at most are
    in doubt when the process is killed.
    """

    def __init__(self, channel: Channel, limits: Limits) -> None:
        self.channel = channel
        self.pace = Pace(limits)
        self.lanes = self.free = limits.lanes
        self.hand: deque[Message] = deque()


class Job(msgspec.Struct, frozen=True):
    """What is to be done for a notice: send ``text``, or make the message ``edits`` say it."""

    outlet: Outlet
    route: Route
    text: Text
    has_other: bool = False
    #: The notices that go to a second channel as well.
    twins: tuple[int, ...] = ()
    edits: Receipt | None = None

    async def run(self) -> Receipt:
        if self.edits is None:
            return await self.outlet.channel.send(self.route.address, self.text)
        await self.outlet.channel.edit(self.route.address, self.edits, self.text)
        return self.edits


class Message(msgspec.Struct, frozen=True):
    """A notice in hand and what is to be done for it."""

    claimed: Claimed
    job: Job

    @property
    def going(self) -> tuple[Claimed, str, str]:
        """With the channel and the address it goes to."""
        job, claimed = self.job, self.claimed
        if job.twins:
            claimed = msgspec.structs.replace(claimed, twins=job.twins, has_other=job.has_other)
        return claimed, job.route.channel, job.route.address
