"""A backup holds the whole office and restores into an empty database of either kind."""

import io
import json
import shutil
import tarfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from backend import backup
from backend.auth.actors import actor_of
from backend.errors import Conflict, Invalid
from backend.files import service as files
from backend.files.storage import LocalStorage
from backend.kit import db as database_kit
from backend.kit.db import Sql
from backend.models import Attachment, Blob, Person, Task, Unit
from backend.settings import Settings
from backend.tasks import service
from backend.tasks.schemas import DueDraft, TaskDraft
from tests.cast import make_cast
from tests.databases import PostgresServer
from tests.fakes import FakeClock

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of the other kind than the test's own."""
    if request.node.callspec.params["database_url"] == "postgres":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "other.db")
        yield f"sqlite:///{tmp_path / 'other.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(f"o{uuid.uuid4().hex[:12]}") as url:
            yield url


async def _everything() -> dict[str, list[dict[str, object]]]:
    found = {}
    for model in backup.tables():
        rows = await model.all().order_by(model._meta.pk_attr)
        found[model._meta.db_table] = [
            {name: getattr(row, name) for name in sorted(model._meta.db_fields)} for row in rows
        ]
    return found


async def _fill(settings: Settings) -> str:
    cast = await make_cast()
    head = await cast.actor("head")
    stored = await files.store(settings, head, "quyết định.pdf", PDF)
    draft = TaskDraft(title="Báo cáo", leads=["an"], due=DueDraft(working_days=3), attachments=[stored.id])
    made = await service.assign(head, draft)
    await service.acknowledge(await cast.actor("an"), made.tasks[0].id)
    # A unit that came before the one it now lies under: its parent has the higher number.
    await Unit.filter(id=cast.units["tuphap"].id).update(parent_id=cast.units["other"].id)
    return made.tasks[0].code


async def test_everything_comes_back_in_the_other_kind_of_database(
    settings: Settings, clock: FakeClock, other_url: str, tmp_path: Path
) -> None:
    target = tmp_path / "backup.tar.gz"
    async with database_kit.opened(settings.database):
        code = await _fill(settings)
        written = await backup.write(settings, target)
        before = await _everything()
    other = msgspec.structs.replace(settings, database_url=other_url, var_dir=str(tmp_path / "other-var"))
    async with database_kit.opened(other.database):
        read = await backup.read(other, target)
        assert read == written
        assert written.files == 1
        assert await _everything() == before
        # Keys go on where they stopped, and so do the codes.
        head = await Person.get(handle="head")
        assert (await Person.create(handle="new", full_name="Mới", name_folded="moi", created_at=clock.at)).id > head.id
        assert (await Task.get(code=code)).title == "Báo cáo"
        assert len(list(other.files_dir.rglob("*"))) == 2


async def test_a_database_with_people_is_never_overwritten(settings: Settings, db: None, tmp_path: Path) -> None:
    await make_cast()
    await backup.write(settings, tmp_path / "b.tar.gz")
    with pytest.raises(Conflict, match="restore_not_empty"):
        await backup.read(settings, tmp_path / "b.tar.gz")


async def test_a_damaged_backup_changes_nothing(settings: Settings, db: None, tmp_path: Path) -> None:
    whole = tmp_path / "b.tar.gz"
    async with database_kit.transaction():
        await make_cast()
    await backup.write(settings, whole)
    await Sql().run("update unit set parent_id = null, overseer_id = null")
    for table in ("position", "person", "unit"):
        await Sql().run(f"delete from {table}")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-2000])
    with pytest.raises(Invalid, match="backup_unreadable"):
        await backup.read(settings, cut)
    lying = tmp_path / "lying.tar.gz"
    with tarfile.open(whole) as source, tarfile.open(lying, "w:gz") as target:
        for member in source:
            data = source.extractfile(member)
            assert data is not None
            if member.name == "tables/person.jsonl":
                lines = data.read().splitlines(keepends=True)
                member.size = sum(map(len, lines[:-1]))
                target.addfile(member, io.BytesIO(b"".join(lines[:-1])))
            else:
                target.addfile(member, data)
    with pytest.raises(Invalid, match="backup_unreadable"):
        await backup.read(settings, lying)
    assert await Person.all().count() == 0
    not_ours = tmp_path / "x.tar.gz"
    with tarfile.open(not_ours, "w:gz") as target:
        info = tarfile.TarInfo("manifest.json")
        text = json.dumps({"format": 99}).encode()
        info.size = len(text)
        target.addfile(info, io.BytesIO(text))
    with pytest.raises(Invalid, match="backup_unknown_format"):
        await backup.read(settings, not_ours)


@pytest.mark.parametrize("forgotten", [True, False])
async def test_content_that_goes_meanwhile_harms_only_when_it_is_missed(
    settings: Settings, clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, forgotten: bool
) -> None:
    """Between the moment of the database and the files somebody forgets an unused upload, or a disk loses a used one."""
    snapshot = backup._snapshot

    @asynccontextmanager
    async def and_then() -> AsyncIterator[None]:
        async with snapshot():
            yield
        await Attachment.filter(task_id=None).delete()
        gone = Blob.filter(sha256__not_in=await Attachment.all().values_list("blob_id", flat=True))
        lost = await (gone if forgotten else Blob.all()).values_list("sha256", flat=True)
        await gone.delete()
        for sha256 in lost:
            LocalStorage(settings.files_dir).path(sha256).unlink()

    monkeypatch.setattr(backup, "_snapshot", and_then)
    async with database_kit.opened(settings.database):
        await _fill(settings)
        cast_head = await Person.get(handle="head")
        await files.store(settings, await actor_of(cast_head.id), "lẻ.pdf", PDF + b"%")
        if not forgotten:
            with pytest.raises(FileNotFoundError):
                await backup.write(settings, tmp_path / "backup.tar.gz")
            return
        await backup.write(settings, tmp_path / "backup.tar.gz")
    with tarfile.open(tmp_path / "backup.tar.gz") as archive:
        assert len([name for name in archive.getnames() if name.startswith("files/")]) == 1
