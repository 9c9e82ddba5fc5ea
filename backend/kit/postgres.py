"""A connection to PostgreSQL that goes back to the pool as it is: nothing of a session is ever changed here."""

import asyncpg  # type: ignore[import-untyped]


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """An open transaction is rolled back when it is given back, as ever. There are no session locks, cursors, settings or
    listeners to undo, and asking for that after each statement doubled what a statement costs."""

    def get_reset_query(self) -> str:
        return ""
