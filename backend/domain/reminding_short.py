"""When the one word about a short or urgent task is said, and until when it is of use (rule 12)."""

from datetime import datetime, timedelta

from backend.domain.reminding_view import View, whole


def by_work(view: View) -> tuple[datetime, datetime]:
    """The moment and the last useful one, in working time; to the second at which the task was given, so that the words
    about many tasks do not all come at the full minute."""
    over, under = view.policy.short_word
    at = view.into(view.total * over // under) + timedelta(seconds=view.given_at.second)
    return at, view.before_due(view.policy.short_last_minutes)


def by_clock(view: View) -> tuple[datetime, datetime]:
    """The same by the clock, for express work."""
    over, under = view.policy.short_word
    given_at = whole(view.given_at)
    at = given_at + (view.task.due_at - given_at) * over // under
    last = view.task.due_at - timedelta(minutes=view.policy.short_last_minutes)
    return whole(at), last.replace(second=0, microsecond=0)
