"""Over whose accounts HR and admins have power."""

import msgspec

from backend.auth.actors import today
from backend.auth.identity import account_by
from backend.domain.access import under
from backend.domain.types import Actor, Role
from backend.errors import Forbidden, NotFound
from backend.kit.db import Sql


class _Held(msgspec.Struct):
    path: str
    role: Role


async def check_power_over(actor: Actor, person_id: int, *roles: Role) -> None:
    """The actor may get this person into their account, or act through it, as one of ``roles`` (HR, admin).

    Whoever can do that can be that person, so it must never be a step up: every position of the person, now or later,
    their own or lent, lies under a position of the actor's own; and under an admin's, if it is an admin's. An admin
    of a top-level unit keeps the whole installation (as in :mod:`backend.org.permissions`): whoever imported several
    trees must be able to let their people in. Raises NotFound when nothing of the person lies there, Forbidden when
    only some of it does.
    """
    if actor.is_system:
        return
    own = [post for post in actor.posts if post.giver_id is None and post.role in roles]
    account = await account_by("id", person_id)
    held = await _held(person_id)
    if account is None or account.has_left:
        raise NotFound("not_found")
    if any(post.role is Role.ADMIN and post.path.count("/") == 2 for post in own):
        return
    if not any(under(position.path, post.path) for position in held for post in own):
        raise NotFound("not_found")
    for position in held:
        strong = [post for post in own if post.role is Role.ADMIN or position.role is not Role.ADMIN]
        if not any(under(position.path, post.path) for post in strong):
            raise Forbidden("account_beyond_you")


async def _held(person_id: int) -> list[_Held]:
    """Positions that a person holds, will hold, or is lent."""
    sql = Sql()
    on = today()
    me = sql.arg(person_id)
    open_ = (
        f"(ps.until_on is null or ps.until_on >= {sql.arg(on)}) "
        f"and (u.closed_on is null or u.closed_on > {sql.arg(on)})"
    )
    return await sql.fetch(
        f"select u.path, ps.role from position ps join unit u on u.id = ps.unit_id "
        f"where ps.person_id = {me} and {open_} "
        f"union all select u.path, ps.role from delegation d join position ps on ps.id = d.position_id "
        f"join unit u on u.id = ps.unit_id where d.substitute_id = {me} and d.ended_at is null "
        f"and d.until_on >= {sql.arg(on)} and {open_}",
        _Held,
    )
