"""Whoever presses under a message of ours, replies to it, or does something about its task in the same chat, has read it."""

from backend import delivery
from bot.inbound import presses
from bot.inbound.talk import Talk


async def noted(talk: Talk) -> None:
    """Keep what a press or a reply says about the message it belongs to; under an answer of ours, about its task."""
    said, name = talk.said, talk.channel.name
    if said.kind != "press":
        await delivery.seen(name, talk.address, said.reply_to)
        return
    if await delivery.seen(name, talk.address, said.receipt):
        return
    button = presses.read(said.data)
    if button is not None and button.task_id:
        await acted(talk, button.task_id)


async def acted(talk: Talk, task_id: int) -> None:
    """Something was typed about a task: what this chat was told of it has been read."""
    await delivery.seen_task(talk.actor.person_id, task_id, talk.channel.name)
