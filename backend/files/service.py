"""Taking files in and hanging them on tasks; content is stored before the transaction that refers to it."""

import asyncio
from collections.abc import Iterator, Sequence

import msgspec

from backend import audit
from backend.auth.actors import today
from backend.domain.types import Actor
from backend.errors import Invalid, NotFound, TooLarge, Unsupported
from backend.files.photos import PHOTOS, has_position, without_position
from backend.files.storage import LocalStorage, Storage
from backend.files.types import real_type, safe_name
from backend.kit import clock
from backend.kit.db import transaction
from backend.kit.text import clean
from backend.models import Attachment, Blob
from backend.scores.rules import RuleBook
from backend.settings import Settings

#: Most files in one upload.
MAX_FILES = 50


class Stored(msgspec.Struct, frozen=True):
    """A file that was taken in."""

    id: int
    name: str
    media_type: str
    size: int


def storage(settings: Settings) -> Storage:
    """The storage that settings name: today always local disk."""
    return LocalStorage(settings.files_dir)


async def store(settings: Settings, actor: Actor, name: str, data: bytes) -> Stored:
    """Keep a file of the actor's; hang it on a task with :func:`attach`. The same content is kept once.

    A photo loses the position written into it, unless the rule set of the actor's unit keeps it. Raises TooLarge over
    MAX_UPLOAD_MB, Unsupported for content of a kind we do not take or a position that cannot be taken out, Invalid when
    it is empty.
    """
    return (await store_all(settings, actor, [(name, data)]))[0]


async def store_all(settings: Settings, actor: Actor, given: Sequence[tuple[str, bytes]]) -> list[Stored]:
    """Several files, named, all or none; raises as :func:`store`, Invalid when there are none or too many."""
    if not 0 < len(given) <= MAX_FILES:
        raise Invalid("files_none" if not given else "files_too_many", most=MAX_FILES)
    kinds = [_judge(settings, clean(name), data) for name, data in given]
    given = [
        (name, await _as_wanted(actor, clean(name), kind, data))
        for (name, data), kind in zip(given, kinds, strict=True)
    ]
    # Written before the transaction that refers to it: nobody waits for a disk inside one.
    hashes = [await asyncio.to_thread(storage(settings).write, data) for _, data in given]
    made: list[Stored] = []
    async with transaction():
        for (name, data), kind, sha256 in zip(given, kinds, hashes, strict=True):
            made.append(await _record(actor, clean(name), kind, sha256, len(data)))
    return made


def _judge(settings: Settings, name: str, data: bytes) -> str:
    """The media type of acceptable content."""
    if not data:
        raise Invalid("file_empty", name=name)
    if len(data) > settings.max_upload_mb * 1024 * 1024:
        raise TooLarge("file_too_large", name=name, max_mb=settings.max_upload_mb)
    media_type = real_type(name, data)
    if media_type is None:
        raise Unsupported("file_unsupported", name=name)
    return media_type


async def _as_wanted(actor: Actor, name: str, media_type: str, data: bytes) -> bytes:
    """A photo as it may be kept: with the position in it only where the rules want that."""
    if media_type not in PHOTOS:
        return data
    cleaned = await asyncio.to_thread(without_position, media_type, data)
    hidden = await asyncio.to_thread(has_position, media_type, cleaned)
    if (cleaned == data and not hidden) or await _keeps_position(actor):
        return data
    if hidden:
        raise Unsupported("file_position", name=name)
    return cleaned


async def _keeps_position(actor: Actor) -> bool:
    """Whether the rule sets in force where the actor sits keep positions; of several units, all of them must."""
    book, on = await RuleBook.load(), today()
    paths = {post.path for post in actor.posts} or {"/"}
    return all(book.of(path, on).keep_photo_position for path in paths)


async def _record(actor: Actor, name: str, media_type: str, sha256: str, size: int) -> Stored:
    now = clock.now()
    await Blob.bulk_create(
        [Blob(sha256=sha256, size=size, media_type=media_type, created_at=now)], ignore_conflicts=True
    )
    made = await Attachment.create(
        blob_id=sha256,
        name=safe_name(name, media_type),
        uploaded_by_id=actor.person_id,
        uploaded_at=now,
    )
    await audit.record(actor, "file.stored", "attachment", made.id, sha256=sha256, size=size)
    return Stored(made.id, made.name, media_type, size)


async def attach(
    actor: Actor, attachments: Sequence[int], task_id: int, report_id: int | None, *, shared: bool = False
) -> int:
    """Hang the actor's own, not yet used uploads on a task (or its report); returns how many. Raises NotFound.

    ``shared`` leaves the uploads free, hanging copies of them: one draft that becomes several tasks.
    """
    for attachment_id in attachments:
        mine = Attachment.filter(id=attachment_id, uploaded_by_id=actor.person_id, task_id=None)
        if shared:
            found = await mine.first()
            if found is None:
                raise NotFound("file_not_found", id=attachment_id)
            await Attachment.create(
                blob_id=found.blob_id,
                name=found.name,
                uploaded_by_id=actor.person_id,
                uploaded_at=found.uploaded_at,
                task_id=task_id,
                report_id=report_id,
            )
        elif not await mine.update(task_id=task_id, report_id=report_id):
            raise NotFound("file_not_found", id=attachment_id)
    return len(attachments)


class Found(msgspec.Struct, frozen=True):
    """An attachment as it is kept. ``task_id`` is None while it hangs on nothing."""

    file: Stored
    sha256: str
    task_id: int | None
    uploaded_by_id: int


async def attachment(attachment_id: int) -> Found:
    """A file by its id. Raises NotFound. Whether the reader may have it is the caller's to ask."""
    found = await Attachment.filter(id=min(attachment_id, 2**62)).select_related("blob").first()
    if found is None:
        raise NotFound("not_found")
    stored = Stored(found.id, found.name, found.blob.media_type, found.blob.size)
    return Found(stored, found.blob_id, found.task_id, found.uploaded_by_id)


def content(settings: Settings, found: Found) -> Iterator[bytes]:
    """The content in pieces. Raises NotFound when the storage has lost it (a database restored without its files)."""
    kept = storage(settings)
    if not kept.has(found.sha256):
        raise NotFound("file_lost", name=found.file.name)
    return kept.read(found.sha256)
