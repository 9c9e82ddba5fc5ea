"""Working calendars: the reviewed table and the calendar in force for a unit."""

from typing import Any

routes: list[Any] = []
