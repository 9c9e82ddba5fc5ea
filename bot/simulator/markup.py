"""Telegram's HTML style: text with tags to plain text and entities, and back to clean HTML for a page."""

import html
import re
from dataclasses import dataclass
from typing import NoReturn

from bot.simulator.wire import Json, bad_request

Entity = Json
"""A MessageEntity: `type`, `offset` and `length` in UTF-16 units, sometimes `url`, `language`, `custom_emoji_id`."""

_TYPES = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "code": "code", "pre": "pre", "a": "text_link", "blockquote": "blockquote", "tg-emoji": "custom_emoji",
}  # fmt: skip
_TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "spoiler": "tg-spoiler", "code": "code",
    "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
_CARRIED = {"a": ("href", "url"), "code": ("class", "language"), "tg-emoji": ("emoji-id", "custom_emoji_id")}

_PLAIN = re.compile(r"[^<&]+")
_REFERENCE = re.compile(r"&(?:#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);?")
_NAME = re.compile(r"</?([^\s>]*)")
_SPACE = re.compile(r"\s*")
_ATTRIBUTE = re.compile(r"""([^\s=>/"']+)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)))?""")
_FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z]\w{2,31}")),
    ("bot_command", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?")),
)


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units, the unit of every Telegram offset and limit."""
    return len(text.encode("utf-16-le")) // 2


def parse_html(text: str) -> tuple[str, list[Entity]]:
    """Plain text and entities; 400 "can't parse entities" in the words of the real parser."""
    reader = _Reader(text)
    reader.read()
    return "".join(reader.out), sorted(reader.entities, key=lambda e: (e["offset"], -e["length"]))


def trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Text without white space at both ends, as Telegram stores it, with its entities moved and cut."""
    shift = utf16_len(text) - utf16_len(text.lstrip())
    text = text.strip()
    size, kept = utf16_len(text), []
    for entity in entities:
        start = max(entity["offset"] - shift, 0)
        end = min(entity["offset"] + entity["length"] - shift, size)
        if start < end:
            kept.append({**entity, "offset": start, "length": end - start})
    return text, kept


def with_found(text: str, entities: list[Entity]) -> list[Entity]:
    """The entities plus links, mentions and commands that Telegram finds in the text by itself."""
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in {"code", "pre", "text_link"}]
    found = list(entities)
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start = utf16_len(text[: match.start()])
            end = start + utf16_len(match.group())
            if all(end <= low or start >= high for low, high in taken):
                taken.append((start, end))
                found.append({"type": kind, "offset": start, "length": end - start})
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


def to_html(text: str, entities: list[Entity]) -> str:
    """Escaped HTML with the formatting tags only; what Telegram found by itself (links, commands) stays plain."""
    units = text.encode("utf-16-le")
    opening: dict[int, list[Entity]] = {}
    for entity in entities:
        if entity["type"] in _TAGS or entity["type"] in {"text_link", "custom_emoji", "expandable_blockquote"}:
            opening.setdefault(entity["offset"], []).append(entity)
    ends = {e["offset"] + e["length"] for group in opening.values() for e in group}
    out: list[str] = []
    stack: list[Entity] = []
    marks = sorted({0, len(units) // 2, *opening, *ends})
    for here, after in zip(marks, [*marks[1:], marks[-1]], strict=True):
        while stack and stack[-1]["offset"] + stack[-1]["length"] <= here:
            out.append(_tags(stack.pop())[1])
        for entity in opening.get(here, ()):
            out.append(_tags(entity)[0])
            stack.append(entity)
        out.append(html.escape(units[here * 2 : after * 2].decode("utf-16-le"), quote=False))
    return "".join(out)


def _tags(entity: Entity) -> tuple[str, str]:
    match entity["type"]:
        case "text_link":
            return f'<a href="{html.escape(entity["url"])}">', "</a>"
        case "custom_emoji":
            return f'<tg-emoji emoji-id="{html.escape(entity["custom_emoji_id"])}">', "</tg-emoji>"
        case "expandable_blockquote":
            return "<blockquote expandable>", "</blockquote>"
        case "pre" if entity.get("language"):
            return f'<pre><code class="language-{html.escape(entity["language"])}">', "</code></pre>"
        case kind:
            return f"<{_TAGS[kind]}>", f"</{_TAGS[kind]}>"


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.size = 0
        self.out: list[str] = []
        self.stack: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> None:
        while self.at < len(self.text):
            if self.text.startswith("</", self.at):
                self._close()
            elif self.text[self.at] == "<":
                self._open()
            else:
                self._characters()
        if self.stack:
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')

    def _characters(self) -> None:
        if run := _PLAIN.match(self.text, self.at):
            text = run.group()
            self.at = run.end()
        elif reference := _REFERENCE.match(self.text, self.at):
            text = html.unescape(reference.group().rstrip(";") + ";")
            self.at = reference.end()
        else:
            text = "&"
            self.at += 1
        self.out.append(text)
        self.size += utf16_len(text)

    def _fail(self, what: str, start: int, after: str = "") -> NoReturn:
        raise _unparsable(f"{what} at byte offset {len(self.text[:start].encode())}{after}")

    def _open(self) -> None:
        start = self.at
        name = _NAME.match(self.text, start)
        if name is None or name.end() == len(self.text):
            self._fail("Unclosed start tag", start)
        tag = name.group(1).lower()
        if tag not in _TYPES:
            self._fail(f'Unsupported start tag "{tag}"', start)
        self.at = name.end()
        attributes = self._attributes(tag, start)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            self._fail('Tag "span" must have class "tg-spoiler"', start)
        if tag == "tg-emoji" and not attributes.get("emoji-id"):
            self._fail('Custom emoji identifier must be specified in the tag "tg-emoji"', start)
        self.stack.append(_Open(tag, attributes, self.size))

    def _attributes(self, tag: str, start: int) -> dict[str, str]:
        attributes: dict[str, str] = {}
        while True:
            self._skip_space()
            if self.at >= len(self.text):
                self._fail(f'Unclosed start tag "{tag}"', start)
            if self.text[self.at] == ">":
                self.at += 1
                return attributes
            found = _ATTRIBUTE.match(self.text, self.at)
            if found is None:
                self._fail(f'Empty attribute name in the tag "{tag}"', start)
            value = next((group for group in found.groups()[1:] if group is not None), "")
            attributes[found.group(1).lower()] = html.unescape(value)
            self.at = found.end()

    def _close(self) -> None:
        start = self.at
        if not self.stack:
            self._fail("Unexpected end tag", start)
        name = _NAME.match(self.text, start)
        self.at = name.end() if name else start
        self._skip_space()
        if name is None or not self.text.startswith(">", self.at):
            self._fail("Unclosed end tag", start)
        self.at += 1
        opened = self.stack.pop()
        if name.group(1) and name.group(1).lower() != opened.tag:
            self._fail("Unmatched end tag", start, f', expected "</{opened.tag}>", found "</{name.group(1)}>"')
        self._finish(opened)

    def _skip_space(self) -> None:
        if space := _SPACE.match(self.text, self.at):
            self.at = space.end()

    def _finish(self, opened: _Open) -> None:
        length = self.size - opened.offset
        entity: Entity = {"type": _TYPES[opened.tag], "offset": opened.offset, "length": length}
        if opened.tag in _CARRIED:
            attribute, key = _CARRIED[opened.tag]
            if value := opened.attributes.get(attribute, "").removeprefix("language-"):
                entity[key] = value
        if opened.tag == "a":
            # A link without an address means its own text.
            entity.setdefault("url", "".join(self.out).encode("utf-16-le")[opened.offset * 2 :].decode("utf-16-le"))
        if opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        last = self.entities[-1] if self.entities else {}
        if opened.tag == "pre" and "language" in last and (last["offset"], last["length"]) == (opened.offset, length):
            entity["language"] = self.entities.pop()["language"]
        if length:
            self.entities.append(entity)


def _unparsable(what: str) -> Exception:
    return bad_request(f"can't parse entities: {what}")
