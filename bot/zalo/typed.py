"""What could be pressed, as what can be typed: by the numbers that the person behind an address calls their tasks."""

from bot import short
from bot.channel import Text
from bot.words import Voice


async def typed(channel: str, address: str, text: Text, url: str, zone: str) -> Text:
    """The text without buttons, with what can be typed, asked in one statement; for somebody who is not linked they are
    only left out."""
    if not text.buttons:
        return text
    reader = await short.reader_at(channel, address, short.tasks_of(text))
    if reader is None:
        return text
    locale, names = reader
    return short.spoken(text, names, Voice(locale, url, zone))
