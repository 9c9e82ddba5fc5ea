"""What is forgotten of files and of reports said in chats, and that nothing that was handed in ever is."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from backend.files.service import store
from backend.files.storage import LocalStorage
from backend.kit import clock as times
from backend.models import Attachment, AuditRow, Blob, ChatPrompt, ChatReport, Evidence
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from bot import collected, kept
from bot.collected import Piece
from reminders import prune
from tests.cast import Cast
from tests.fakes import FakeClock


async def upload(cast: Cast, settings: Settings, name: str) -> int:
    return (await store(settings, await cast.actor("an"), f"{name}.pdf", b"%PDF-1.7 " + name.encode())).id


async def given(cast: Cast) -> int:
    draft = TaskDraft(title="Báo cáo", due=DueDraft(minutes=960), leads=["an"])
    return (await service.assign(await cast.actor("head"), draft)).tasks[0].id


def age_on_disk(settings: Settings) -> None:
    """Let everything on the disk be old, whatever day the machine has."""
    for path in Path(settings.files_dir).glob("*/*"):
        os.utime(path, (0, 0))


async def test_only_uploads_that_nobody_used_are_forgotten(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    an, task = await cast.actor("an"), await given(cast)
    used, asked, unused = [await upload(cast, settings, name) for name in ("used", "asked", "unused")]
    await service.report(an, task, "Xong", [used])
    await Evidence.create(attachment_id=asked)
    clock.move(days=29)
    fresh = await upload(cast, settings, "fresh")
    await prune.tick()
    assert await Attachment.filter(id=unused).exists(), "it may still be used"
    clock.move(days=2)
    await prune.tick()
    assert set(await Attachment.all().values_list("id", flat=True)) == {used, asked, fresh}
    assert await AuditRow.filter(action="file.stored", object_id=unused).exists()
    clock.move(days=400)
    await prune.tick()
    assert set(await Attachment.all().values_list("id", flat=True)) == {used, asked}


async def test_content_goes_when_no_file_names_it(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> None:
    disk, contents = LocalStorage(settings.files_dir), prune.Contents(settings)
    task = await given(cast)
    used = await upload(cast, settings, "same")
    unused, lone = await upload(cast, settings, "same"), await upload(cast, settings, "lone")
    await service.report(await cast.actor("an"), task, "Xong", [used])
    blobs = {row.id: row.blob_id for row in await Attachment.all()}
    assert blobs[used] == blobs[unused]
    clock.move(days=31)
    age_on_disk(settings)
    assert await prune.tick() >= 2
    assert await contents.tick() == 1
    assert await contents.tick() == 0
    assert [blob.sha256 for blob in await Blob.all()] == [blobs[used]]
    assert disk.has(blobs[used])
    assert not disk.has(blobs[lone])
    # The same content once more is a new file.
    again = await upload(cast, settings, "lone")
    assert disk.has((await Attachment.get(id=again)).blob_id)


def test_content_that_is_written_once_more_meanwhile_stays(tmp_path: Path) -> None:
    disk, day = LocalStorage(tmp_path), timedelta(days=1)
    name = disk.write(b"one")
    assert not disk.forget(name, day)
    assert disk.has(name)
    os.utime(disk.path(name), (0, 0))
    disk.write(b"one")
    assert not disk.forget(name, day), "somebody wanted it a moment ago"
    os.utime(disk.path(name), (0, 0))
    assert disk.forget(name, day)
    assert not disk.forget(name, day)
    assert not disk.has(name)
    assert list(disk.path(name).parent.iterdir()) == []


async def test_a_report_nobody_could_hand_in_is_given_up_and_then_its_files(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    """Its chat is on a channel that is not listened to any more."""
    task = await given(cast)
    photo = await upload(cast, settings, "photo")
    held = await collected.begin("zalo", "b:1", cast.an.id, task, Piece("m1", "", [(photo, "image")]), ("", ""))
    assert held is not None
    clock.move(days=6)
    await prune.tick()
    assert await collected.open_in("zalo", "b:1") is not None
    clock.move(days=2)
    await prune.tick()
    row = await ChatReport.get()
    assert (row.ended_at is not None, row.problem) == (True, prune.GIVEN_UP)
    assert await Attachment.filter(id=photo).exists()
    clock.move(days=23)
    await prune.tick()
    assert not await Attachment.filter(id=photo).exists()
    assert await ChatReport.all().count() == 1
    clock.move(days=40)
    await prune.tick()
    assert await ChatReport.all().count() == 0


@pytest.mark.parametrize("of", ["report", "kept"])
async def test_what_is_being_said_is_never_forgotten(
    db: None, cast: Cast, settings: Settings, clock: FakeClock, of: str
) -> None:
    """However far the office's clock was moved meanwhile (a demo): the chat goes by the real one."""
    photo = await upload(cast, settings, "photo")
    piece = Piece("m1", "", [(photo, "image")])
    if of == "report":
        await collected.begin("zalo", "b:1", cast.an.id, await given(cast), piece, ("", ""))
    else:
        await kept.put("zalo", "b:1", cast.an.id, piece)
    await Attachment.all().update(uploaded_at=times.now() - timedelta(days=50))
    await prune.tick()
    assert await Attachment.filter(id=photo).exists()
    clock.move(days=8)
    await prune.tick()
    await prune.tick()
    assert not await Attachment.filter(id=photo).exists()
    assert await ChatPrompt.all().count() == (1 if of == "kept" else 0)


async def test_what_was_handed_in_stays_when_its_report_of_the_chat_is_forgotten(
    db: None, cast: Cast, settings: Settings, clock: FakeClock
) -> None:
    task, an = await given(cast), await cast.actor("an")
    photo = await upload(cast, settings, "photo")
    held = await collected.begin("zalo", "b:1", cast.an.id, task, Piece("m1", "", [(photo, "image")]), ("", ""))
    assert held is not None
    await collected.end(held.id)
    await service.report(an, task, "Xong", [photo])
    clock.move(days=100)
    await prune.tick()
    await prune.Contents(settings).tick()
    assert await ChatReport.all().count() == 0
    kept_file = await Attachment.get(id=photo)
    assert LocalStorage(settings.files_dir).has(kept_file.blob_id)
