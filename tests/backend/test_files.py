"""Files: taken by content, hung on tasks and reports, read by whoever sees the task."""

import zlib
from typing import Any

import httpx
import pytest

from backend.errors import NotFound
from backend.files import service as files
from backend.files.storage import LocalStorage
from backend.files.types import real_type, safe_name
from backend.models import Attachment, Blob
from backend.settings import Settings
from backend.tasks import service
from tests.backend.given import given
from tests.cast import Cast

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 13 + zlib.crc32(b"IHDR" + b"\0" * 13).to_bytes(4, "big")
ZIP = b"PK\x03\x04" + b"\0" * 26
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("a.txt", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.zip", ZIP, "application/zip"),
        ("a.docx", ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.doc", OLD, "application/msword"),
        ("a.exe", OLD, None),
        ("a.txt", "Đã nộp".encode(), "text/plain"),
        ("a.csv", b"a,b", "text/plain"),
        ("a.txt", b"a\0b", None),
        ("a.txt", b"\xff\xfe", None),
        ("a.html", b"<html>", None),
        ("a.exe", b"MZ\x90\0", None),
        ("a.pdf", b"just text", None),
    ],
)
def test_kind_is_judged_by_content(name: str, data: bytes, kind: str | None) -> None:
    assert real_type(name, data) == kind


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\tmp\\biên bản.PDF", "biên bản.pdf"),
        ("  ", "tep.pdf"),
        ("a\u0000\nb.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("virus.exe", "virus.pdf"),
    ],
)
def test_names_are_made_safe(given_name: str, kept: str) -> None:
    assert safe_name(given_name, "application/pdf") == kept


async def upload(client: httpx.AsyncClient, *named: tuple[str, bytes]) -> httpx.Response:
    return await client.post("/api/files", files=[("files", item) for item in named])


async def test_upload_report_and_download(app: Any, cast: Cast, settings: Settings) -> None:
    task = await given(cast)
    async with (
        cast.client(app, "an") as an,
        cast.client(app, "head") as head,
        cast.client(app, "stranger") as stranger,
    ):
        answer = await upload(an, ("biên bản.pdf", PDF), ("ảnh.png", PNG))
        assert answer.status_code == 201, answer.text
        pdf, png = answer.json()
        assert (pdf["name"], pdf["media_type"], pdf["size"]) == ("biên bản.pdf", "application/pdf", len(PDF))
        path = f"/api/files/{pdf['id']}"
        assert (await an.get(path)).content == PDF, "one's own upload before it hangs anywhere"
        assert (await head.get(path)).status_code == 404
        body = {"text": "Xong", "attachments": [pdf["id"], png["id"]]}
        told = (await an.post(f"/api/tasks/{task.code}/report", json=body)).json()["task"]
        assert [file["name"] for file in told["reports"][0]["files"]] == ["biên bản.pdf", "ảnh.png"]
        found = await head.get(path)
        assert found.content == PDF
        assert found.headers["content-type"] == "application/pdf"
        assert found.headers["content-disposition"] == "attachment; filename*=UTF-8''bi%C3%AAn%20b%E1%BA%A3n.pdf"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in found.headers["content-security-policy"]
        tag = found.headers["etag"]
        assert (await head.get(path, headers={"if-none-match": tag})).status_code == 304
        assert (await stranger.get(path, headers={"if-none-match": tag})).status_code == 404
        assert (await head.get("/api/files/99999999999999999999")).status_code == 404


async def test_bad_uploads_are_refused_together(app: Any, cast: Cast, settings: Settings) -> None:
    async with cast.client(app, "an") as an:
        for named, status, code in (
            ([("a.pdf", PDF), ("a.exe", b"MZ\x90\0")], 415, "file_unsupported"),
            ([("a.pdf", b"")], 400, "file_empty"),
            ([("a.txt", b"x" * (settings.max_upload_mb * 1024 * 1024 + 1))], 413, "file_too_large"),
            ([(f"{number}.pdf", PDF) for number in range(51)], 400, "files_too_many"),
        ):
            answer = await upload(an, *named)
            assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        for nothing in ({"content": b""}, {"data": {"files": "text"}}, {"files": [("other", ("a.pdf", PDF))]}):
            answer = await an.post("/api/files", **nothing)  # type: ignore[arg-type]
            assert answer.status_code in (400, 422), answer.text
    assert await Attachment.all().count() == 0


async def test_same_content_is_kept_once(app: Any, cast: Cast, settings: Settings) -> None:
    async with cast.client(app, "an") as an:
        await upload(an, ("a.pdf", PDF), ("b.pdf", PDF))
    assert (await Blob.all().count(), await Attachment.all().count()) == (1, 2)
    assert len([path for path in settings.files_dir.rglob("*") if path.is_file()]) == 1


@pytest.mark.usefixtures("db")
async def test_attachments_are_ones_own_and_used_once(cast: Cast, settings: Settings) -> None:
    an, head = await cast.actor("an"), await cast.actor("head")
    mine = await files.store(settings, an, "a.pdf", PDF)
    with pytest.raises(NotFound) as caught:
        await given(cast, attachments=[mine.id])
    assert caught.value.code == "file_not_found"
    task, other = await given(cast), await given(cast)
    await service.report(an, task.id, attachments=[mine.id])
    with pytest.raises(NotFound):
        await service.report(an, other.id, attachments=[mine.id])
    ours = await files.store(settings, head, "b.pdf", PDF)
    many = await given(cast, to=["an", "binh"], attachments=[ours.id])
    assert [file.name for file in many.files] == ["b.pdf"]
    assert await Attachment.filter(name="b.pdf").exclude(task_id=None).count() == 2


@pytest.mark.usefixtures("db")
async def test_lost_content_is_said_so(cast: Cast, settings: Settings) -> None:
    stored = await files.store(settings, await cast.actor("an"), "a.pdf", PDF)
    found = await files.attachment(stored.id)
    LocalStorage(settings.files_dir).path(found.sha256).unlink()
    with pytest.raises(NotFound) as caught:
        files.content(settings, found)
    assert caught.value.code == "file_lost"
