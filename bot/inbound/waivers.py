"""Asking in chat that a delay be waived for an objective cause: the button under a late notice, and its answer."""

from backend.kit.db import transaction
from backend.scores.own_charges import OwnCharge, own_charges
from backend.scores.schemas_signing import RequestDraft
from backend.scores.service import ask_waiver
from backend.tasks.schemas import TaskView
from bot import recall
from bot.inbound.talk import Talk
from bot.recall import About
from bot.speech import Answer, toast

_CAUSE_MAX = 2_000


async def asked(talk: Talk, view: TaskView, instance: str, on: str) -> list[Answer]:
    """The button was pressed: ask for the cause, unless nothing can be asked any more."""
    if view.secret:
        return [talk.toast("secret", code=view.code)]
    charges = [one for one in await own_charges(talk.actor, view.id) if str(one.instance) == instance]
    # Somebody who was given the task twice has two of the same number: the newest is what the notice told of.
    charge = charges[-1] if charges else None
    if why := why_not(talk, view, charge):
        return [toast(why)]
    assert charge is not None
    question = talk.ask(view, "waive", entry=charge.entry, on=on, receipt=talk.said.receipt)
    return [Answer(toast=""), question]


async def charge_asked_about(talk: Talk, view: TaskView, about: About) -> OwnCharge | None:
    """The instance that a question of ours was about."""
    entry = about.mark.data.get("entry") if about.mark is not None else None
    return next((one for one in await own_charges(talk.actor, view.id) if one.entry == entry), None)


async def answered(talk: Talk, view: TaskView, charge: OwnCharge, about: About, files: list[int]) -> Answer:
    """Ask for the waiver with what was said; a question is answered once, whatever comes twice."""
    assert about.prompt_id is not None
    cause = talk.said.text.strip()[:_CAUSE_MAX] or talk.voice.plain("bot.waive_see_files")
    async with transaction():
        if not await recall.take(about.prompt_id):
            return talk.say("already.waive_open", code=view.code)
        await ask_waiver(talk.actor, charge.entry, RequestDraft(cause=cause, attachments=files))
    return talk.say("done.waive", link=talk.voice.link(view.code))


def why_not(talk: Talk, view: TaskView, charge: OwnCharge | None) -> str:
    """Why no waiver can be asked for an instance; empty when it can."""
    if charge is None:
        return talk.voice.plain("bot.already.waive_none", code=view.code)
    if charge.waived:
        return talk.voice.plain("bot.already.waive_granted", code=view.code)
    if charge.asked == "open":
        return talk.voice.plain("bot.already.waive_open", code=view.code)
    return "" if charge.may_ask else talk.voice.plain("bot.already.waive_closed", code=view.code)
