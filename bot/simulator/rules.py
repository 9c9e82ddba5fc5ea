"""Telegram's limits on what a bot may say: text, captions, keyboards, commands and links."""

import re
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.markup import Entity, parse_html, trimmed, utf16_len, with_found
from bot.simulator.wire import Json, Params, bad_request

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_TOAST = 200
MAX_CALLBACK_DATA_BYTES = 64
MAX_BUTTONS = 100
MAX_ALBUM = 10
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024

_ACTIONS = (
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay",
)  # fmt: skip
_LINK_SCHEMES = frozenset({"http", "https", "tg", "ton"})
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CHAT_ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip


def message_text(params: Params) -> tuple[str, list[Entity]]:
    """`text` of a message after its entities are parsed: 1 to 4096 UTF-16 units."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, entities = _formatted(params, "text", "entities")
    if not text:
        raise bad_request("text must be non-empty")
    if utf16_len(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return text, entities


def caption(params: Params) -> tuple[str, list[Entity]]:
    """`caption` of a file after its entities are parsed: 0 to 1024 UTF-16 units."""
    text, entities = _formatted(params, "caption", "caption_entities")
    if utf16_len(text) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return text, entities


def _formatted(params: Params, name: str, entities_name: str) -> tuple[str, list[Entity]]:
    text, mode = params.text(name), params.text("parse_mode").lower()
    if explicit := params.structure(entities_name):
        entities = _checked_entities(explicit, utf16_len(text))
    elif mode == "html":
        text, entities = parse_html(text)
    elif mode:
        # Markdown exists on the real server; giaoviec writes HTML only, and a second mode would be an accident.
        raise bad_request("unsupported parse_mode")
    else:
        entities = []
    text, entities = trimmed(text, entities)
    return text, with_found(text, entities)


def _checked_entities(entities: Any, size: int) -> list[Entity]:
    if not isinstance(entities, list) or not all(isinstance(entity, dict) for entity in entities):
        raise bad_request("can't parse entities: expected an Array of MessageEntity")
    for entity in entities:
        offset, length = entity.get("offset"), entity.get("length")
        if not (isinstance(offset, int) and isinstance(length, int) and 0 <= offset <= offset + length <= size):
            raise bad_request("can't parse entities: entity out of text bounds")
    return entities


def reply_markup(params: Params, *, inline_only: bool = False) -> Json | None:
    """The checked keyboard of a message, None when there is none or it is empty."""
    markup = params.structure("reply_markup")
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        _check_inline(markup["inline_keyboard"])
        return markup if any(markup["inline_keyboard"]) else None
    if inline_only:
        raise bad_request("inline keyboard expected")
    if utf16_len(str(markup.get("input_field_placeholder") or "")) > 64:
        raise bad_request("INPUT_FIELD_PLACEHOLDER_INVALID")
    if "keyboard" in markup:
        _check_rows(markup["keyboard"], "keyboard button")
    return markup or None


def _check_rows(rows: Any, what: str) -> list[Json]:
    """All buttons of a keyboard, each an object with a text."""
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request(f"can't parse reply keyboard markup JSON object: expected an Array of {what} rows")
    buttons = [{"text": button} if isinstance(button, str) else button for row in rows for button in row]
    if len(buttons) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    for button in buttons:
        if not isinstance(button, dict) or "text" not in button:
            raise bad_request(f"can't parse {what}: Can't find field \"text\"")
        if not str(button["text"]).strip():
            raise bad_request("BUTTON_TEXT_INVALID")
    return buttons


def _check_inline(rows: Any) -> None:
    for button in _check_rows(rows, "inline keyboard button"):
        actions = [name for name in _ACTIONS if button.get(name) is not None]
        if not actions:
            raise bad_request("text buttons are unallowed in the inline keyboard")
        if len(actions) > 1:
            # The real server silently takes the first; a bot that sends two is wrong and must learn it here.
            raise bad_request("can't parse inline keyboard button: exactly one of the optional fields must be used")
        if "callback_data" in actions and not 1 <= len(button["callback_data"].encode()) <= MAX_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
        if "url" in actions:
            check_link(button["url"], "inline keyboard button URL", _LINK_SCHEMES)
        if "web_app" in actions:
            check_link(str(button["web_app"].get("url", "")), "inline keyboard button Web App URL", {"https"})


def check_link(url: str, what: str, schemes: frozenset[str] | set[str]) -> None:
    """400 unless Telegram would make a link of it; a host needs a dot: `localhost` has none, 127.0.0.1 has."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme not in schemes:
        reason = "Only HTTPS links are allowed" if schemes == {"https"} else "Unsupported URL protocol"
        raise bad_request(f"{what} '{url}' is invalid: {reason}")
    if parts.scheme in {"http", "https"} and "." not in (host := parts.hostname or "") and ":" not in host:
        raise bad_request(f"{what} '{url}' is invalid: Wrong HTTP URL")


def commands(params: Params) -> list[Json]:
    """The checked list of setMyCommands."""
    listed = params.structure("commands")
    if not isinstance(listed, list):
        raise bad_request("can't parse commands: expected an Array of BotCommand")
    if len(listed) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in listed:
        if not _COMMAND.fullmatch(str(command.get("command", "")).removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= utf16_len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return listed


def webhook_address(url: str, secret_token: str) -> None:
    """400 unless the webhook may be set; plain http is let through for loopback addresses only."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if secret_token and not _SECRET.fullmatch(secret_token):
        raise bad_request("secret token contains unallowed characters")


def looks_like_image(data: bytes) -> bool:
    return data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"BM")) or data[8:12] == b"WEBP"
