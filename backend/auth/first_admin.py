"""The first admin of an empty office: a unit to stand in, the position, and a link to sign in with."""

from backend import audit
from backend.auth.actors import today
from backend.auth.identity import account_by, normal_email, normal_phone
from backend.auth.links import IssuedLink, issue_link
from backend.domain.types import SYSTEM, Role
from backend.errors import Conflict, Unprocessable
from backend.kit import clock, i18n
from backend.kit.db import Sql, transaction
from backend.kit.text import clean, fold
from backend.models import Person, Position, Unit


async def first_admin(
    full_name: str,
    *,
    email: str | None = None,
    phone: str | None = None,
    office: str | None = None,
    locale: str = i18n.DEFAULT,
) -> IssuedLink:
    """Make (or find, by e-mail or phone) the person, give them the admin position at the top of the tree, issue the
    link. A unit named ``office`` is made when there is none. Raises Conflict when somebody in service is an admin
    already, Unprocessable without a name and an e-mail or phone that can be one."""
    name = clean(full_name)
    mail, number = normal_email(email or ""), normal_phone(phone or "")
    if not name or len(name) > 120:
        raise Unprocessable("name_needed")
    if (email and mail is None) or (phone and number is None) or not (mail or number):
        raise Unprocessable("email_or_phone_needed")
    async with transaction():
        if await _has_admin():
            raise Conflict("admin_exists")
        unit_id = await _top_unit(clean(office or "") or i18n.t(locale, "auth.first_unit"))
        person_id = await _person(name, mail, number, locale)
        title = i18n.t(locale, "auth.first_title")
        await Position.create(
            person_id=person_id,
            unit_id=unit_id,
            title=title,
            title_folded=fold(title),
            role=Role.ADMIN.value,
            from_on=today(),
        )
        await audit.record(SYSTEM, "auth.first_admin", "person", person_id, unit_id=unit_id)
        return await issue_link(SYSTEM, person_id, "first_admin")


async def _has_admin() -> bool:
    sql = Sql()
    on = today()
    return bool(
        await sql.rows(
            "select 1 as it from position ps join person p on p.id = ps.person_id where ps.role = 'admin' "
            f"and (ps.until_on is null or ps.until_on >= {sql.arg(on)}) and p.left_at is null "
            f"and (p.until_on is null or p.until_on >= {sql.arg(on)}) limit 1"
        )
    )


async def _top_unit(name: str) -> int:
    found = await Unit.filter(parent_id=None, closed_on=None).order_by("id").first()
    if found is not None:
        return int(found.id)
    unit = await Unit.create(code="root", name=name, name_folded=fold(name), kind="committee", path="")
    await Unit.filter(id=unit.id).update(path=f"/{unit.id}/")
    return int(unit.id)


async def _person(name: str, email: str | None, phone: str | None, locale: str) -> int:
    known = await account_by("email", email) if email else None
    if known is None and phone:
        known = await account_by("phone", phone)
    if known is not None:
        if known.has_left:
            raise Conflict("account_taken")
        return known.id
    person = await Person.create(
        handle=await _handle(name),
        full_name=name,
        name_folded=fold(name),
        email=email,
        phone=phone,
        locale=locale,
        created_at=clock.now(),
    )
    return int(person.id)


async def _handle(name: str) -> str:
    """The given name without accents, numbered when it is taken: the address in «giao @an …»."""
    given = "".join(letter for letter in fold(name).split(" ")[-1] if letter.isalnum() and letter.isascii()) or "admin"
    handle, number = given[:30], 1
    while await account_by("handle", handle) is not None:
        number += 1
        handle = f"{given[:30]}{number}"
    return handle
