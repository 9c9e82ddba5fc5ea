"""Files from a chat as evidence: fetched and kept at once, and what is answered when a report with them is handed in."""

from backend.errors import TooLarge
from backend.files.service import Stored, store
from backend.tasks.schemas import Change
from bot.channel import File, SendError, Text
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
        data = await talk.channel.fetch(file)
    except SendError as error:
        if error.kind == "message":
            raise TooLarge("file_too_large", name=file.name, max_mb=min(limit, _FETCH_MAX_MB)) from error
        raise
    return await store(talk.settings, talk.actor, file.name, data)


def reported(talk: Talk, change: Change, files: int) -> Answer:
    """That a report was handed in, with the way back."""
    view = change.task
    key = "done.finished" if view.closed_at else "done.report"
    lines = [talk.voice.say(f"bot.{key}", link=talk.voice.link(view.code), name=view.assigner.name)]
    if files:
        lines.append(talk.voice.say("notices.line.files", n=files))
    undo = press(talk.voice, view.id, "undo", on="c")
    return Answer(Text("\n".join(lines), ((undo,),)), mark=Mark(view.id, "about"))


def named(talk: Talk, kinds: list[str]) -> str:
    """What was sent, counted: «2 ảnh», «1 ghi âm», «3 tệp»."""
    said = {"image": "photos", "audio": "voices"}.get(kinds[0], "files") if len(set(kinds)) == 1 else "files"
    return talk.voice.plain(f"bot.collect.{said}", n=len(kinds))
