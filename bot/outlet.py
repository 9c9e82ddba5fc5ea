"""A channel with its pace, and one thing to be done on it."""

import msgspec

from bot.addresses import Route
from bot.channel import Channel, Receipt, Text
from bot.pacing import Pace


class Outlet(msgspec.Struct, frozen=True):
    """A channel with its pace."""

    channel: Channel
    pace: Pace


class Job(msgspec.Struct, frozen=True):
    """What is to be done for a notice: send ``text``, or make the message ``edits`` say it."""

    outlet: Outlet
    route: Route
    text: Text
    has_other: bool = False
    edits: Receipt | None = None

    async def run(self) -> Receipt:
        if self.edits is None:
            return await self.outlet.channel.send(self.route.address, self.text)
        await self.outlet.channel.edit(self.route.address, self.edits, self.text)
        return self.edits
