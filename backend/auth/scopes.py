"""What an API token may be limited to: a room of the API and whether it may change anything there."""

ROOMS = ("tasks", "files", "org", "calendars", "scores")

#: Every scope there is, ``tasks:read`` … ``scores:write``.
SCOPES = frozenset(f"{room}:{right}" for room in ROOMS for right in ("read", "write"))
