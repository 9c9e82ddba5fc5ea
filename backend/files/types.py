"""Which files are taken as evidence, judged by their content and not by what their name claims."""

from pathlib import PurePath

import filetype

#: Real type → extensions that may name it.
ACCEPTED: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "image/heic": (".heic", ".heif"),
    "image/gif": (".gif",),
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "application/msword": (".doc",),
    "application/vnd.ms-excel": (".xls",),
    "application/vnd.ms-powerpoint": (".ppt",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": (".pptx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/mpeg": (".mp3",),
    "audio/mp4": (".m4a",),
    "audio/aac": (".aac",),
    "audio/amr": (".amr",),
    "audio/x-wav": (".wav",),
    "video/mp4": (".mp4",),
    "video/quicktime": (".mov",),
    "video/3gpp": (".3gp",),
    "text/plain": (".txt", ".csv", ".md"),
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
#: Brands of phones' pictures, films and recordings that the library does not know.
_BY_BRAND = {
    b"heix": "image/heic",
    b"3gp4": "video/3gpp",
    b"3gp5": "video/3gpp",
    b"3gp6": "video/3gpp",
    b"M4V ": "video/mp4",
}
_SAME = {"audio/x-m4a": "audio/mp4", "application/ogg": "audio/ogg"}
_BY_EXTENSION = {extension: kind for kind, extensions in ACCEPTED.items() for extension in extensions}


def real_type(name: str, data: bytes) -> str | None:
    """The media type of the content when it is one we take, else None.

    Containers (old Office files; Office files and archives in ZIP) are told apart by their name, which can only choose
    among types of that container; text has no signature, so it must be UTF-8 without NUL under a text name.
    """
    extension = PurePath(name).suffix.lower()
    claimed = _BY_EXTENSION.get(extension)
    if data.startswith(_OLD_OFFICE):
        return (
            claimed
            if claimed in ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")
            else None
        )
    kind = _BY_BRAND.get(data[8:12]) if data[4:8] == b"ftyp" else None
    if kind is None:
        found = filetype.guess(data[:8192])  # type: ignore[no-untyped-call]
        if found is None:
            return "text/plain" if claimed == "text/plain" and _is_text(data) else None
        kind = _SAME.get(found.mime, found.mime)
    if kind == "application/zip" and claimed is not None and claimed.startswith("application/vnd.openxml"):
        return claimed
    return kind if kind in ACCEPTED else None


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\0" not in text


def safe_name(name: str, media_type: str) -> str:
    """A name without folders or control characters, at most 120 characters, with an extension that fits the content."""
    base = PurePath(name.replace("\\", "/")).name
    base = "".join(letter for letter in base if letter.isprintable()).strip(" .") or "tep"
    path = PurePath(base)
    extensions = ACCEPTED[media_type]
    extension = path.suffix.lower() if path.suffix.lower() in extensions else extensions[0]
    return f"{path.stem[: 120 - len(extension)]}{extension}"
