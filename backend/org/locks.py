"""One writer of the organisation's structure at a time, and one of a person's absences."""

from backend.kit.db import Sql, is_postgres

#: Any number that no other advisory lock of ours uses.
_OFFICE = 7_201_001


async def lock_office() -> None:
    """Until the transaction ends nobody else imports or changes units, people and positions.

    Rules over many rows (a tree without circles, one chief a unit) could not hold otherwise. SQLite has one writer
    anyway.
    """
    if is_postgres():
        sql = Sql()
        await sql.rows(f"select pg_advisory_xact_lock({sql.arg(_OFFICE)})")


async def lock_person(person_id: int) -> None:
    """Until the transaction ends nobody else enters leave or a delegation for this person."""
    if is_postgres():
        sql = Sql()
        await sql.rows(f"select id from person where id = {sql.arg(person_id)} for update")
