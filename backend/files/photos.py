"""Takes the position out of photos: where a phone wrote down the place, the bytes are blanked, the picture stays as it was.

Nothing is decoded and nothing saved anew: evidence keeps every pixel, its time and its orientation, however large the
picture is. Positions stand in EXIF (a little TIFF, wherever in the file) and in XMP (text); both are blanked in place.
A position that is packed in a way we do not read is found by Pillow, and such a photo is refused.
"""

import io
import re
import struct
import zlib
from collections.abc import Iterator
from itertools import islice

#: What may hold a position.
PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})

_TIFF = re.compile(rb"II\*\x00|MM\x00\*")
_GPS_TAG = 0x8825
_MOST_IFDS = 8
#: A photo has one block of EXIF, and one in each picture that goes with it.
_MOST_BLOCKS = 64
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_XMP = re.compile(
    rb"exif:GPS\w{1,40}\s{0,20}=\s{0,20}(?:\"[^\"]{0,400}\"|'[^']{0,400}')"
    rb"|<exif:GPS(?P<name>\w{1,40})(?:\s[^>]{0,400})?>[^<]{0,400}</exif:GPS(?P=name)\s{0,20}>",
    re.S,
)
_PNG = b"\x89PNG\r\n\x1a\n"
#: Text of a PNG in which tools pack EXIF or XMP.
_PACKED = (b"Raw profile type exif", b"Raw profile type APP1", b"Raw profile type xmp")
_XMP_KEY = b"XML:com.adobe.xmp\x00"


def without_position(media_type: str, data: bytes) -> bytes:
    """The same photo without a position; the very same bytes when it had none. Takes time: call it in a thread."""
    if media_type == "image/png":
        return _png(data)
    if media_type in PHOTOS:
        return _blanked(data)
    return data


def has_position(media_type: str, data: bytes) -> bool:
    """Whether Pillow finds a position in a photo that it can open; False for anything it cannot."""
    kind = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}.get(media_type)
    if kind is None:
        return False
    # Imported late: most processes never see a photo.
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
            return bool(picture.getexif().get_ifd(_GPS_TAG))
    except Exception:  # whatever a damaged or enormous picture makes of it: opening is only a second look
        return False


def _blanked(data: bytes) -> bytes:
    """``data`` with every position blanked, as long as before."""
    if _GPS_BYTES.search(data) is None:
        return data
    changed = bytearray(data)
    for found in islice(_TIFF.finditer(data), _MOST_BLOCKS):
        _Tiff(changed, found.start()).blank()
    for text in list(_XMP.finditer(changed)):
        changed[text.start() : text.end()] = b" " * (text.end() - text.start())
    return bytes(changed)


#: Without one of these there is no position: the tag in either byte order, or the name in XMP.
_GPS_BYTES = re.compile(rb"\x25\x88[\x04\x0d]\x00|\x88\x25\x00[\x04\x0d]|exif:GPS")


class _Tiff:
    """The directories of an EXIF block that begins at ``start``; nothing in it is believed."""

    def __init__(self, data: bytearray, start: int) -> None:
        self._data, self._start = data, start
        self._order = "<" if data[start : start + 2] == b"II" else ">"

    def blank(self) -> None:
        """Empty every GPS directory and take out what points to it."""
        for at, count in list(self._directories()):
            for place in range(count - 1, -1, -1):
                entry = at + 2 + 12 * place
                if self._number("H", entry) == _GPS_TAG:
                    self._empty(self._start + (self._number("I", entry + 8) or 0))
                    self._take_out(at, place)

    def _directories(self) -> Iterator[tuple[int, int]]:
        """Where each directory of the chain begins, and how many entries it has."""
        offset = self._number("I", self._start + 4)
        for _ in range(_MOST_IFDS):
            at = self._start + (offset or 0)
            count = self._count(at) if offset else 0
            if not count:
                return
            yield at, count
            offset = self._number("I", at + 2 + 12 * count)

    def _empty(self, at: int) -> None:
        """Blank a directory with all that its entries point to."""
        count = self._count(at)
        for place in range(count):
            entry = at + 2 + 12 * place
            kind, number, where = (
                self._number("H", entry + 2),
                self._number("I", entry + 4),
                self._number("I", entry + 8),
            )
            size = _SIZES.get(kind or 0, 0) * (number or 0)
            if size > 4:
                self._zero(self._start + (where or 0), size)
        if count:
            self._zero(at, 2 + 12 * count)

    def _take_out(self, at: int, place: int) -> None:
        """Remove one entry of a directory: those behind it, and the way to the next directory, move up."""
        count = self._count(at)
        if place >= count:
            return  # it pointed at the very directory it stands in, which is blank by now
        gap, end = at + 2 + 12 * place, at + 2 + 12 * count + 4
        self._data[gap:end] = self._data[gap + 12 : end] + bytes(12)
        struct.pack_into(f"{self._order}H", self._data, at, count - 1)

    def _count(self, at: int) -> int:
        """The entries of a directory; none when it does not fit into the file."""
        count = self._number("H", at) or 0
        return count if at > self._start and at + 2 + 12 * count + 4 <= len(self._data) else 0

    def _number(self, form: str, at: int) -> int | None:
        size = struct.calcsize(form)
        if at < 0 or at + size > len(self._data):
            return None
        found: int = struct.unpack_from(f"{self._order}{form}", self._data, at)[0]
        return found

    def _zero(self, at: int, size: int) -> None:
        end = min(at + size, len(self._data))
        if at < end:
            self._data[at:end] = bytes(end - at)


def _png(data: bytes) -> bytes:
    """A PNG's chunks carry a checksum each, and some pack what they say: those that may hold a position go."""
    if not data.startswith(_PNG):
        return data
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, body, whole = data[at + 4 : at + 8], data[at + 8 : at + 8 + size], data[at : at + 12 + size]
        at += len(whole)
        if kind in (b"zTXt", b"tEXt", b"iTXt") and _is_packed(kind, body):
            continue
        clean = body if kind == b"IDAT" else _blanked(body)
        if clean != body:
            whole = whole[:8] + clean + zlib.crc32(kind + clean).to_bytes(4, "big")
        kept.append(whole)
    kept.append(data[at:])
    return b"".join(kept)


def _is_packed(kind: bytes, body: bytes) -> bool:
    squeezed_xmp = kind == b"iTXt" and body.startswith(_XMP_KEY) and body[len(_XMP_KEY) : len(_XMP_KEY) + 1] == b"\x01"
    return squeezed_xmp or body.startswith(_PACKED)
