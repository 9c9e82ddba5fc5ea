"""A form that makes something is carried out once, however often its button was pressed."""

import hashlib
from collections.abc import Awaitable, Callable

from backend.domain.types import Actor
from backend.kit import once as kept
from backend.web.forms import Form

#: Field of a form that makes something: a number used once, with what was typed it is the key of the change.
ONCE_FIELD = "once"


async def once(actor: Actor, form: Form, make: Callable[[], Awaitable[str]]) -> str:
    """Run ``make`` unless this very form was carried out before; its text (an address), or what it was then.

    The same form with other words is another form: going back and writing the next one must work.
    """
    typed = hashlib.sha256(repr([item for item in form.items if isinstance(item[1], str)]).encode()).hexdigest()
    key = f"{form.get(ONCE_FIELD)[:32]}:{typed}"
    address, _ = await kept.once(f"form:{actor.person_id}", key, make, fingerprint=typed)
    return address
