"""What could be pressed under a notice, as lines of a mail: each with a link to a page that asks once more and does it."""

import msgspec

from backend.auth import act_links
from backend.auth.identity import account_by
from bot.channel import Text
from bot.words import Voice


class _Wish(msgspec.Struct, frozen=True):
    label: str
    task_id: int
    act: str
    arg: str


async def body(address: str, text: Text, voice: Voice) -> str:
    """The whole mail to an address: the words, then the links of the person whose address it is, then that replies are
    not read; in that person's language, in the ``voice``'s for an address of nobody."""
    account = await account_by("email", address)
    if account is not None:
        voice = msgspec.structs.replace(voice, locale=account.locale)
    parts = [text.plain]
    if account is not None and (wishes := _wishes(text)):
        wanted = [(wish.task_id, wish.act, wish.arg) for wish in wishes]
        paths = await act_links.act_paths(account.id, address, wanted)
        lines = [f"{wish.label}: {voice.url}{path}" for wish, path in zip(wishes, paths, strict=True)]
        parts.append("\n".join([voice.plain("bot.mail.links", n=act_links.LASTS.days), *lines]))
    return "\n\n".join([*parts, voice.plain("bot.mail.no_replies")])


def _wishes(text: Text) -> list[_Wish]:
    """The buttons that a link can stand for, each once."""
    found = {}
    for button in (button for row in text.buttons for button in row):
        _, task, act, arg = [*button.data.split(":", 3), "", "", ""][:4]
        if task.isdecimal() and act in act_links.ACTS:
            found[task, act, arg] = _Wish(button.label, int(task), act, arg)
    return list(found.values())
