"""What could be pressed, as what can be typed: by the numbers that the person behind an address calls their tasks."""

from backend.auth import linking
from backend.kit.db import Sql
from bot import short
from bot.channel import Text
from bot.words import Voice


async def typed(channel: str, address: str, text: Text, url: str, zone: str) -> Text:
    """The text without buttons; those of somebody who is not linked are left out."""
    if not text.buttons:
        return text
    person_id = await linking.person_of(channel, address)
    if person_id is None:
        return text
    sql = Sql()
    [row] = await sql.rows(f"select locale from person where id = {sql.arg(person_id)}")
    numbers = await short.numbers_of(person_id, short.tasks_of(text))
    return short.spoken(text, numbers, Voice(str(row["locale"]), url, zone))
