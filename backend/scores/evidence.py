"""Files that go with a waiver request or an appeal: the officer's own uploads, read by whoever sees the officer's score."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from backend.domain.types import Actor
from backend.errors import NotFound
from backend.kit.db import Sql
from backend.models import Attachment, Evidence
from backend.scores import access, reserves
from backend.scores.schemas_signing import FileLine

Of = Literal["request", "appeal"]


async def keep(actor: Actor, attachments: Sequence[int], of: Of, id_: int) -> None:
    """Hang the actor's own uploads, which hang on nothing else, on a request or an appeal. Raises NotFound. Call it in
    the transaction that makes the request."""
    for attachment_id in dict.fromkeys(attachments):
        mine = Attachment.filter(id=attachment_id, uploaded_by_id=actor.person_id, task_id=None)
        used = Evidence.filter(attachment_id=attachment_id)
        if not 0 < attachment_id < 2**62 or not await mine.exists() or await used.exists():
            raise NotFound("file_not_found", id=attachment_id)
        owner: dict[str, Any] = {f"{of}_id": id_}
        await Evidence.create(attachment_id=attachment_id, **owner)


class _Row(msgspec.Struct):
    owner: int
    id: int
    name: str
    media_type: str
    size: int


async def of_all(of: Of, ids: Sequence[int]) -> dict[int, list[FileLine]]:
    """The files of several requests or appeals."""
    sql = Sql()
    rows = await sql.fetch(
        f"select e.{of}_id as owner, a.id, a.name, b.media_type, b.size from evidence e "
        "join attachment a on a.id = e.attachment_id join blob b on b.sha256 = a.blob_id "
        f"where {sql.any_of(f'e.{of}_id', ids)} order by e.id",
        _Row,
    )
    found: defaultdict[int, list[FileLine]] = defaultdict(list)
    for row in rows:
        found[row.owner].append(FileLine(row.id, row.name, row.media_type, row.size))
    return dict(found)


class _Path(msgspec.Struct):
    person_id: int
    path: str


async def readable(actor: Actor, attachment_id: int) -> bool:
    """Whether the file is evidence for something of a person whose scores the actor sees. Their own uploads are theirs
    anyway."""
    sql = Sql()
    rows = await sql.fetch(
        "select s.person_id, u.path from evidence e left join waiver_request r on r.id = e.request_id "
        "left join appeal a on a.id = e.appeal_id join position s on s.person_id = coalesce(r.person_id, a.person_id) "
        f"join unit u on u.id = s.unit_id where e.attachment_id = {sql.arg(attachment_id)}",
        _Path,
    )
    if not rows:
        return False
    return access.sees(actor, [row.path for row in rows]) or rows[0].person_id in await reserves.subjects(actor)
