"""The deadlines that people usually mean: today, the next working day, this week, next week."""

from datetime import datetime, timedelta

from backend.domain.calendar import WorkCalendar


def usual(now: datetime, calendar: WorkCalendar) -> list[datetime]:
    """The ends of today's last shift, the next working day's, and those of the last working days of this week and the
    next: those still ahead of ``now``, each once, soonest first, in the calendar's zone."""
    today = now.astimezone(calendar.zone).date()
    monday = today - timedelta(days=today.weekday())
    days = {today} if calendar.is_working_day(today) else set()
    days |= {calendar.next_working_day(today)}
    days |= {calendar.nth_working_day(monday + timedelta(days=7 * weeks), -1) for weeks in (1, 2)}
    return [end for end in map(calendar.day_end, sorted(days)) if end > now]
