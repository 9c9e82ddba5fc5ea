"""Files: taken by content, hung on tasks and reports, read by whoever sees the task."""

import io
import zlib
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from backend.domain.scoring import Rules
from backend.errors import NotFound
from backend.files import service as files
from backend.files.photos import has_position, without_position
from backend.files.storage import LocalStorage
from backend.files.types import real_type, safe_name
from backend.models import Attachment, Blob
from backend.scores import rules_editing
from backend.scores.schemas_rules import RuleDraft
from backend.settings import Settings
from backend.tasks import service
from tests.backend.given import given
from tests.cast import Cast

TAKEN = "2026:11:23 08:00:00"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\0" * 13 + zlib.crc32(b"IHDR" + b"\0" * 13).to_bytes(4, "big")
ZIP = b"PK\x03\x04" + b"\0" * 26
ODT = "application/vnd.oasis.opendocument.text"
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
        ("a.odt", b"PK\x03\x04" + b"\0" * 26 + b"mimetypeapplication/vnd.oasis.opendocument.text", ODT),
        ("ghi-am.ogg", b"OggS" + b"\0" * 24 + b"OpusHead", "audio/ogg"),
        ("voice.aac", b"\xff\xf1\x50\x80", "audio/aac"),
        ("voice.aac", b"#!AMR\n" + b"\0" * 8, "audio/amr"),
        ("voice.aac", b"\0\0\0\x20ftypM4A \0\0\0\0", "audio/mp4"),
        ("a.mp3", b"ID3\4\0\0\0\0", "audio/mpeg"),
        ("a.wav", b"RIFF\x24\0\0\0WAVEfmt ", "audio/x-wav"),
        ("a.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "video/mp4"),
        ("a.mov", b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        ("a.3gp", b"\0\0\0\x18ftyp3gp4\0\0\0\0isom3gp4", "video/3gpp"),
        ("a.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
        ("a.jpg", b"\0\0\0\x18ftypheix\0\0\0\0mif1heix", "image/heic"),
        ("a.webp", b"RIFF\x1a\0\0\0WEBPVP8L", "image/webp"),
        ("a.sh", b"#!/bin/sh\nrm -rf /", None),
        ("a.txt.js", b"alert(1)", None),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        ("a.jpg", b"\x7fELF\2\1\1", None),
        ("a.docx", b"MZ\x90\0", None),
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
            answer = await an.post("/api/files", **nothing)
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


# Positions in photos.

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="21,1.7N" exif:GPSLongitude = \'105,50E\' '
    b'xmp:Rating="4"><exif:GPSAltitude>12/1</exif:GPSAltitude><exif:Flash>0</exif:Flash></rdf:Description></x:xmpmeta>'
)


def photo(form: str = "JPEG", *, position: bool = True, order: bytes = b"MM", **more: Any) -> bytes:
    """A picture as a phone takes it: turned, with its time, and with the place unless told otherwise."""
    noted = Image.Exif()
    noted.endian = "<" if order == b"II" else ">"
    noted[0x010F], noted[0x0112], noted[0x0132] = "Phone", 6, TAKEN
    noted.get_ifd(0x8769)[0x9003] = TAKEN
    if position:
        place = {0: b"\2\3\0\0", 1: "N", 2: (21.0, 1.0, 42.5), 3: "E", 4: (105.0, 50.0, 12.25), 29: "2026:11:21"}
        noted.get_ifd(0x8825).update(place)
    made = io.BytesIO()
    picture = Image.linear_gradient("L").convert("RGB").resize((64, 48))
    picture.save(made, form, exif=noted if form == "PNG" else noted.tobytes(), **more)
    return made.getvalue()


def looked_at(data: bytes) -> tuple[dict[int, Any], dict[int, Any], bytes]:
    """What is noted in a picture, the place, and its pixels."""
    with Image.open(io.BytesIO(data)) as picture:
        noted = picture.getexif()
        return dict(noted) | dict(noted.get_ifd(0x8769)), dict(noted.get_ifd(0x8825)), picture.tobytes()


async def kept(cast: Cast, settings: Settings, name: str, data: bytes) -> bytes:
    """A file of An's as it is stored."""
    stored = await files.store(settings, await cast.actor("an"), name, data)
    return b"".join(files.content(settings, await files.attachment(stored.id)))


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("form", FORMATS)
async def test_a_photo_loses_its_position_and_nothing_else(cast: Cast, settings: Settings, form: str) -> None:
    given_photo = photo(form)
    found = await kept(cast, settings, "a.jpg", given_photo)
    before, place, pixels = looked_at(given_photo)
    assert place
    after, no_place, same_pixels = looked_at(found)
    assert (no_place, same_pixels, len(found)) == ({}, pixels, len(given_photo))
    assert after == {tag: value for tag, value in before.items() if tag != 0x8825}
    assert (after[0x0112], after[0x0132], after[0x9003]) == (6, TAKEN, TAKEN)
    assert b"2026:11:21" not in found, "not a trace of it"
    assert await kept(cast, settings, "b.jpg", photo(form, position=False)) == photo(form, position=False)


@pytest.mark.usefixtures("db", "clock")
async def test_the_rules_of_a_unit_may_keep_positions(cast: Cast, settings: Settings) -> None:
    hr = await cast.actor("hr")
    draft = RuleDraft(
        code="giu-vi-tri",
        name="Giữ vị trí",
        effective_from=date(2026, 11, 1),
        unit="ubnd",
        rules=Rules(keep_photo_position=True),
    )
    await rules_editing.draft(hr, draft)
    assert looked_at(await kept(cast, settings, "a.jpg", photo()))[1] == {}, "a draft rules nothing"
    await rules_editing.publish(hr, "giu-vi-tri@1")
    assert await kept(cast, settings, "a.jpg", photo()) == photo()


async def test_the_position_is_gone_over_http_too(app: Any, cast: Cast, settings: Settings) -> None:
    async with cast.client(app, "an") as an:
        answer = await upload(an, ("ảnh.jpg", photo()))
        found = await an.get(f"/api/files/{answer.json()[0]['id']}")
        assert looked_at(found.content)[1] == {}
        assert answer.json()[0]["size"] == len(found.content)
        refused = await upload(an, ("lạ.jpg", hidden()))
        assert (refused.status_code, refused.json()["code"]) == (415, "file_position")
    assert await Attachment.all().count() == 1


def hidden() -> bytes:
    """A photo with its position in a form of TIFF that nobody should write, and that readers read all the same."""
    return photo(order=b"II").replace(b"II*\0", b"II\0*", 1)


@pytest.mark.parametrize("order", [b"MM", b"II"])
def test_either_byte_order_is_read(order: bytes) -> None:
    data = photo(order=order)
    assert order + (b"\0*" if order == b"MM" else b"*\0") in data
    assert has_position("image/jpeg", data)
    assert not has_position("image/jpeg", without_position("image/jpeg", data))


def test_positions_in_xmp_are_blanked() -> None:
    for form, kind in FORMATS.items():
        if form == "PNG":
            info = PngImagePlugin.PngInfo()
            info.add_itxt("XML:com.adobe.xmp", XMP.decode())
            data = photo(form, position=False, pnginfo=info)
        else:
            data = photo(form, position=False, xmp=XMP)
        assert b"GPSLatitude" in data
        clean = without_position(kind, data)
        assert b"GPS" not in clean
        assert b'xmp:Rating="4"' in clean
        assert b"<exif:Flash>0</exif:Flash>" in clean
        assert looked_at(clean)[2] == looked_at(data)[2], "and it still opens: checksums are right"


def test_what_a_png_packs_is_taken_out() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
    info.add_text("Raw profile type exif", "hex", zip=True)
    info.add_text("Author", "An")
    clean = without_position("image/png", photo("PNG", position=False, pnginfo=info))
    with Image.open(io.BytesIO(clean)) as picture:
        picture.load()
        assert picture.info["Author"] == "An"
        assert "Raw profile type exif" not in picture.info
        assert "xmp" not in picture.info


def test_heic_is_cleaned_though_nobody_here_reads_it() -> None:
    """The block of EXIF stands in the file as it is; nothing moves, so every offset of the container stays right."""
    block = photo("JPEG").partition(b"Exif\0\0")[2][:400]
    data = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0\0\0\6Exif\0\0" + block + b"pixels"
    clean = without_position("image/heic", data)
    assert len(clean) == len(data)
    assert (b"2026:11:21" in data, b"2026:11:21" in clean, TAKEN.encode() in clean) == (True, False, True)
    assert clean.endswith(b"pixels")


@given_any(st.binary(max_size=300), st.integers(0, 400), st.sampled_from(sorted(FORMATS.values())))
def test_damaged_photos_harm_nobody(noise: bytes, place: int, kind: str) -> None:
    data = photo()
    damaged = data[:place] + noise + data[place + len(noise) :]
    clean = without_position(kind, damaged)
    assert len(clean) == len(damaged)
    has_position(kind, clean)


def test_an_enormous_picture_is_never_decoded() -> None:
    """A bomb of two gigapixels in a few bytes: its position goes like any other's."""
    data = photo("PNG")
    at = data.index(b"IHDR")
    size = b"IHDR" + (50_000).to_bytes(4, "big") * 2 + data[at + 12 : at + 17]
    bomb = data[:at] + size + zlib.crc32(size).to_bytes(4, "big") + data[at + 21 :]
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(bomb))
    clean = without_position("image/png", bomb)
    assert (b"2026:11:21" in bomb, b"2026:11:21" in clean) == (True, False)
    assert not has_position("image/png", clean)
