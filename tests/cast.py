"""The people of every story: a small ward with leaders, two sections, desks, and a stranger who must see nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import httpx
from argon2 import PasswordHasher

from backend.auth import service as auth
from backend.auth.actors import actor_of
from backend.domain.types import Actor
from backend.kit import clock
from backend.kit.text import fold
from backend.models import Person, Position, Unit

PASSWORD = "mat-khau-rat-dai-2026"
#: argon2id of PASSWORD with the cheapest parameters: signing in is tested elsewhere, and hashing is slow on purpose.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

#: handle, name, unit, title, role, rank
PEOPLE = (
    ("chair", "Lê Quốc Dũng", "ubnd", "Chủ tịch UBND", "leader", 1),
    ("vice", "Trần Thị Hoa", "ubnd", "Phó Chủ tịch UBND", "leader", 2),
    ("clerk", "Phạm Văn Thư", "ubnd", "Văn thư", "clerk", 1),
    ("hr", "Vũ Thị Lan", "ubnd", "Cán bộ tổ chức", "hr", 1),
    ("admin", "Đỗ Quản Trị", "ubnd", "Quản trị hệ thống", "admin", 1),
    ("auditor", "Ngô Kiểm Tra", "ubnd", "Thanh tra", "auditor", 1),
    ("head", "Hoàng Minh Tuấn", "tuphap", "Trưởng phòng Tư pháp", "leader", 1),
    ("an", "Nguyễn Văn An", "tuphap", "Chuyên viên", "officer", 1),
    ("binh", "Nguyễn Thị Bình", "tuphap", "Chuyên viên", "officer", 1),
    ("head2", "Bùi Thanh Tùng", "diachinh", "Trưởng phòng Địa chính", "leader", 1),
    ("cuong", "Đặng Hùng Cường", "diachinh", "Chuyên viên", "officer", 1),
    ("stranger", "Mai Xa Lạ", "other", "Chuyên viên", "officer", 1),
    ("otherchair", "Tư Văn Khác", "other", "Chủ tịch", "leader", 1),
)

#: code, name, parent, overseer
UNITS = (
    ("ubnd", "UBND Phường Hòa Bình", None, None),
    ("tuphap", "Phòng Tư pháp", "ubnd", "vice"),
    ("diachinh", "Phòng Địa chính", "ubnd", None),
    ("other", "UBND Phường Bên Cạnh", None, None),
)


class Cast:
    """People and units by their short names; ``cast.an`` is the Person row, ``await cast.actor("an")`` the Actor."""

    def __init__(self, people: dict[str, Person], units: dict[str, Unit]) -> None:
        self.people = people
        self.units = units

    def __getattr__(self, handle: str) -> Person:
        try:
            # Not `self.people`: a copy that is being made has none yet.
            return self.__dict__["people"][handle]
        except KeyError:
            raise AttributeError(handle) from None

    async def actor(self, handle: str) -> Actor:
        """The Actor a request by this person would carry now."""
        return await actor_of(self.people[handle].id)

    @asynccontextmanager
    async def client(self, app: Any, handle: str, locale: str = "en") -> AsyncIterator[httpx.AsyncClient]:
        """An API client signed in as this person (bearer token)."""
        token = await auth.access_token_for(self.people[handle].id)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = {"authorization": f"Bearer {token}", "accept-language": locale}
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            yield client


async def make_cast() -> Cast:
    """Write the ward into the open database."""
    units: dict[str, Unit] = {}
    for code, name, parent, _ in UNITS:
        above = units[parent] if parent else None
        unit = await Unit.create(
            code=code,
            name=name,
            name_folded=fold(name),
            parent=above,
            path="",
            kind="committee" if not parent else "section",
        )
        unit.path = f"{above.path if above else '/'}{unit.id}/"
        await Unit.filter(id=unit.id).update(path=unit.path)
        units[code] = unit
    people: dict[str, Person] = {}
    for number, (handle, name, unit_code, title, role, rank) in enumerate(PEOPLE, 1):
        person = await Person.create(
            handle=handle,
            full_name=name,
            name_folded=fold(name),
            email=f"{handle}@phuong.example.vn",
            phone=f"+849000000{number:02d}",
            password_hash=PASSWORD_HASH,
            must_change_password=False,
            locale="vi",
            created_at=clock.now(),
        )
        await Position.create(
            person=person,
            unit=units[unit_code],
            title=title,
            title_folded=fold(title),
            role=role,
            rank=rank,
            from_on=date(2025, 7, 1),
        )
        people[handle] = person
    for code, _, _, overseer in UNITS:
        if overseer:
            await Unit.filter(id=units[code].id).update(overseer_id=people[overseer].id)
            units[code].overseer_id = people[overseer].id  # type: ignore[attr-defined]
    return Cast(people, units)
