"""Every reason for which a draft is asked about instead of acted on; their words are in the catalogues under words.asks."""

from typing import Literal, get_args

Ask = Literal[
    # Who.
    "no_lead",
    "unknown_lead",
    "doubtful_lead",
    "homonym",
    "several_leads",
    # What.
    "no_title",
    # By when: nothing, too much, or perhaps not this.
    "no_deadline",
    "several_deadlines",
    "inner_deadline",
    "unsure_deadline",
    "unread",
    "unknown_start",
    # By when: a moment that is not what it seems.
    "past",
    "next_year",
    "weekday_differs",
    "which_week",
    "hour",
    "number",
    "middle",
    "part_of_day",
    "lunar",
    "no_such_day",
    "no_working_day",
    "too_far",
    # The small words.
    "urgency",
    "acceptance",
    "weight",
    "recurrence",
    "several_recurrences",
]
#: A doubt about a person, "" for none.
Doubt = Ask | Literal[""]
ASKS: tuple[str, ...] = get_args(Ask)
