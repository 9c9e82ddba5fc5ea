"""What a phone shows as plain data, for a page that draws it."""

from bot.simulator.phone import Phone
from bot.simulator.state import Message
from bot.simulator.wire import Json

_ACTION_LASTS_S = 5.0


def screen(phone: Phone, now: float) -> Json:
    """Everything on one phone, ready for JSON; `now`, on the fake's clock, says whether "typing…" still shows."""
    chat = phone.chat
    action, at = chat.action or ("", 0.0)
    return {
        "chat_id": chat.id,
        "title": chat.title or phone.bot.user.first_name,
        "person": phone.user.first_name,
        "started": chat.started,
        "blocked": chat.blocked,
        "action": action if now - at < _ACTION_LASTS_S else "",
        "messages": [_message(message) for message in phone.messages],
        "toasts": [{"text": toast.text, "alert": toast.alert, "url": toast.url} for toast in phone.toasts],
        "spinning": [{"message_id": press.message.id, "data": press.data} for press in phone.spinning],
        "commands": phone.commands,
    }


def _message(message: Message) -> Json:
    """`html` is safe to insert: everything but the formatting tags is escaped."""
    file = message.file
    return {
        "id": message.id,
        "from_bot": message.from_bot,
        "sender": message.sender.first_name,
        "kind": message.kind,
        "html": message.html,
        "sent_at": message.sent_at,
        "edited_at": message.edited_at,
        "silent": message.silent,
        "reply_to": message.reply_to.id if message.reply_to else None,
        "force_reply": message.force_reply,
        "buttons": [[{"text": b.text, "data": b.data, "url": b.url} for b in row] for row in message.buttons],
        "file": {"id": file.id, "name": file.name, "mime": file.mime, "size": len(file.data)} if file else None,
    }
