"""The Bot API methods that answer at once: sending, editing, files, presses and commands."""

from collections.abc import Callable
from typing import Any, cast

from bot.simulator import rules
from bot.simulator.access import known_chat, open_chat
from bot.simulator.files import Kind, StoredFile
from bot.simulator.markup import Entity, utf16_len
from bot.simulator.state import BotAccount, Chat, Message, Toast
from bot.simulator.wire import Json, Params, Upload, bad_request
from bot.simulator.world import World

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def get_me(world: World, bot: BotAccount, params: Params) -> Json:
    return {
        **bot.user.wire(), "can_join_groups": True, "can_read_all_group_messages": bot.reads_groups,
        "supports_inline_queries": False, "can_connect_to_business": False, "has_main_web_app": False,
    }  # fmt: skip


def send_message(world: World, bot: BotAccount, params: Params) -> Json:
    text, entities = rules.message_text(params)
    return _post(world, bot, open_chat(world, bot, params), params, text=text, entities=entities).wire()


def send_document(world: World, bot: BotAccount, params: Params) -> Json:
    return _send_file(world, bot, params, "document")


def send_photo(world: World, bot: BotAccount, params: Params) -> Json:
    return _send_file(world, bot, params, "photo")


def _send_file(world: World, bot: BotAccount, params: Params, kind: Kind) -> Json:
    text, entities = rules.caption(params)
    chat = open_chat(world, bot, params)
    stored = _file(world, params, kind, params.raw.get(kind))
    return _post(world, bot, chat, params, kind=kind, text=text, entities=entities, file=stored).wire()


def send_media_group(world: World, bot: BotAccount, params: Params) -> list[Json]:
    items = params.structure("media")
    if not isinstance(items, list) or not items:
        raise bad_request("there are no messages to send")
    if len(items) > rules.MAX_ALBUM:
        raise bad_request("too many messages to send as an album")
    kinds = {str(item.get("type")) for item in items}
    if not kinds <= {"photo", "document"}:
        raise bad_request("can't parse InputMedia: type must be photo or document here")
    if len(kinds) > 1:
        raise bad_request("document can't be mixed with other media types")
    chat = open_chat(world, bot, params, len(items))
    ready = []
    for item in items:
        text, entities = rules.caption(Params(item))
        ready.append((item["type"], text, entities, _file(world, params, item["type"], item.get("media"))))
    album = str(world.serial())
    return [
        _post(world, bot, chat, params, kind=kind, text=text, entities=entities, file=file, album=album).wire()
        for kind, text, entities, file in ready
    ]


def _file(world: World, params: Params, kind: Kind, value: object) -> StoredFile:
    """The file that a parameter means: an upload, `attach://part`, or the id of a file already on the server."""
    if upload := params.file(value):
        _check_upload(upload, kind)
        return world.store(kind, upload.name, upload.mime, upload.data)
    if not value or not isinstance(value, str):
        raise bad_request(f"there is no {kind} in the request")
    if value.startswith(("http://", "https://")):
        # The fake never leaves the machine; a bot that sends by address must see that it did not work.
        raise bad_request("failed to get HTTP URL content")
    if value not in world.files:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if world.files[value].kind != kind:
        raise bad_request("type of file mismatch")
    return world.files[value]


def _check_upload(upload: Upload, kind: Kind) -> None:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if kind == "photo" and len(upload.data) > rules.MAX_PHOTO_BYTES:
        size = len(upload.data)
        raise bad_request(
            f"file of size {size} bytes is too big for a photo; the maximum size is {rules.MAX_PHOTO_BYTES} bytes"
        )
    if kind == "photo" and not rules.looks_like_image(upload.data):
        raise bad_request("IMAGE_PROCESS_FAILED")


def _post(world: World, bot: BotAccount, chat: Chat, params: Params, **content: Any) -> Message:
    return world.post(
        chat, bot.user, markup=rules.reply_markup(params), reply_to=_replied(chat, params),
        silent=params.flag("disable_notification"), **content,
    )  # fmt: skip


def _replied(chat: Chat, params: Params) -> Message | None:
    asked = params.structure("reply_parameters")
    if not isinstance(asked, dict):
        # The older spelling is still understood by the real server.
        asked = {
            "message_id": params.integer("reply_to_message_id"),
            "allow_sending_without_reply": params.flag("allow_sending_without_reply"),
        }
    if not asked.get("message_id"):
        return None
    message = chat.messages.get(int(asked["message_id"]))
    if message is None or message.deleted:
        if asked.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return message


def edit_message_text(world: World, bot: BotAccount, params: Params) -> Json:
    text, entities = rules.message_text(params)
    message = _editable(world, bot, params)
    if message.kind != "text":
        raise bad_request("there is no text in the message to edit")
    return _rewrite(world, message, params, text, entities)


def edit_message_caption(world: World, bot: BotAccount, params: Params) -> Json:
    text, entities = rules.caption(params)
    message = _editable(world, bot, params)
    if message.file is None:
        raise bad_request("there is no caption in the message to edit")
    return _rewrite(world, message, params, text, entities)


def edit_message_reply_markup(world: World, bot: BotAccount, params: Params) -> Json:
    message = _editable(world, bot, params)
    return _rewrite(world, message, params, message.text, message.entities)


def _editable(world: World, bot: BotAccount, params: Params) -> Message:
    chat = open_chat(world, bot, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to edit not found")
    if message.sender is not bot.user:
        raise bad_request("message can't be edited")
    return message


def _rewrite(world: World, message: Message, params: Params, text: str, entities: list[Entity]) -> Json:
    """New content for a message; a keyboard that is not sent again goes away, as on the real server."""
    markup = rules.reply_markup(params, inline_only=True)
    if (message.text, message.entities, message.markup) == (text, entities, markup):
        raise bad_request(_NOT_MODIFIED)
    message.text, message.entities, message.markup = text, entities, markup
    world.edited(message)
    return message.wire()


def delete_message(world: World, bot: BotAccount, params: Params) -> bool:
    chat = known_chat(world, bot, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None or message.deleted:
        raise bad_request("message to delete not found")
    if chat.user is None and message.sender is not bot.user:
        raise bad_request("message can't be deleted")
    message.deleted = True
    world.changed()
    return True


def answer_callback_query(world: World, bot: BotAccount, params: Params) -> bool:
    """Stops the turning button; only the first answer is seen by the person."""
    press = bot.presses.get(params.text("callback_query_id"))
    if press is None or world.clock() - press.at > world.press_lifetime_s:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text, url = params.text("text"), params.text("url")
    if utf16_len(text) > rules.MAX_TOAST:
        raise bad_request("MESSAGE_TOO_LONG")
    if not press.answered:
        press.answered = True
        press.toast = Toast(text, params.flag("show_alert"), url) if text or url else None
        world.changed()
    return True


def send_chat_action(world: World, bot: BotAccount, params: Params) -> bool:
    chat = open_chat(world, bot, params, 0)
    action = params.text("action")
    if action not in rules.CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.action = (action, world.clock())
    world.changed()
    return True


def get_file(world: World, bot: BotAccount, params: Params) -> Json:
    stored = world.files.get(params.text("file_id"))
    if stored is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(stored.data) > rules.MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {**stored.wire(), "file_path": stored.path}


def set_my_commands(world: World, bot: BotAccount, params: Params) -> bool:
    bot.commands[_scope(params)] = rules.commands(params)
    world.changed()
    return True


def get_my_commands(world: World, bot: BotAccount, params: Params) -> list[Json]:
    return bot.commands.get(_scope(params), [])


def delete_my_commands(world: World, bot: BotAccount, params: Params) -> bool:
    bot.commands.pop(_scope(params), None)
    world.changed()
    return True


def _scope(params: Params) -> tuple[str, str]:
    scope = params.structure("scope") or {}
    parts = [str(scope.get(name, "")) for name in ("type", "chat_id", "user_id")]
    return ":".join(parts).rstrip(":") or "default", params.text("language_code")


Method = Callable[[World, BotAccount, Params], object]

METHODS: dict[str, Method] = {
    cast(Any, method).__name__.replace("_", ""): method
    for method in (
        get_me, send_message, send_document, send_photo, send_media_group, edit_message_text, edit_message_caption,
        edit_message_reply_markup, delete_message, answer_callback_query, send_chat_action, get_file, set_my_commands,
        get_my_commands, delete_my_commands,
    )
}  # fmt: skip
"""By lower-case name, since the real server does not mind the case."""
