"""Files from a chat as evidence: fetched and kept at once, and what is answered when a report with them is handed in."""

import asyncio
from collections.abc import Sequence

from backend.errors import AppError, Invalid, TooLarge
from backend.files.service import MAX_FILES, Stored, store
from backend.tasks.schemas import Change
from bot.channel import File, SendError, Text
from bot.inbound.errors import sentence
from bot.inbound.talk import Talk
from bot.lines import press
from bot.speech import Answer, Mark

#: A chat server's own limit on what a bot may fetch, when it refuses.
_FETCH_MAX_MB = 20


async def keep(talk: Talk, file: File) -> Stored:
    """Fetch and store one file; its size is looked at before it travels. Raises AppError for one that is not taken,
    SendError when it cannot be fetched just now."""
    limit = talk.settings.max_upload_mb
    if file.size is not None and file.size > limit * 1024 * 1024:
        raise TooLarge("file_too_large", name=file.name, max_mb=limit)
    try:
        data = await _fetched(talk, file)
    except SendError as error:
        if error.kind == "message":
            raise TooLarge("file_too_large", name=file.name, max_mb=min(limit, _FETCH_MAX_MB)) from error
        raise
    return await store(talk.settings, talk.actor, file.name, data)


async def _fetched(talk: Talk, file: File) -> bytes:
    """The content, and meanwhile a sign that an answer is on its way: what people send may be long. Raises SendError."""
    data, _ = await asyncio.gather(talk.channel.fetch(file), talk.channel.working(talk.address), return_exceptions=True)
    if isinstance(data, BaseException):
        raise data
    return data


async def keep_all(talk: Talk, there: int) -> tuple[list[tuple[int, str]], list[str]]:
    """What could be kept of a message's files, each with its kind in one word, and why the others could not; ``there`` are
    kept already. Raises SendError: not just now."""
    kept: list[tuple[int, str]] = []
    problems: list[str] = []
    for file in talk.said.files:
        try:
            if there + len(kept) >= MAX_FILES:
                raise Invalid("files_too_many", most=MAX_FILES)
            stored = await keep(talk, file)
        except AppError as error:
            problems.append(sentence(error, talk.voice.locale))
        else:
            kept.append((stored.id, stored.media_type.partition("/")[0]))
    return kept, list(dict.fromkeys(problems))


def reported(talk: Talk, change: Change, files: int, before: Sequence[str] = ()) -> Answer:
    """That a report was handed in, with the way back; ``before``: the kinds of those files that were kept before anybody
    said which task they are for."""
    view = change.task
    key = "done.finished" if view.closed_at else "done.report"
    lines = [talk.words(key, link=talk.voice.link(view.code), name=view.assigner.name)]
    if files:
        lines.append(talk.voice.say("notices.line.files", n=files))
    if before:
        lines.append(talk.voice.say("bot.kept.joined", what=named(talk, before)))
    undo = press(talk.voice, view.id, "undo", on="c")
    return Answer(Text("\n".join(lines), ((undo,),)), mark=Mark(view.id, "about"))


def named(talk: Talk, kinds: Sequence[str]) -> str:
    """What was sent, counted: «2 ảnh», «1 ghi âm», «3 tệp»."""
    said = {"image": "photos", "audio": "voices"}.get(kinds[0], "files") if len(set(kinds)) == 1 else "files"
    return talk.voice.plain(f"bot.collect.{said}", n=len(kinds))
