"""The front door of accounts: everything that pages, API, command line, bot and engine call."""

from backend.auth.access_tokens import access_token_for
from backend.auth.feeds import make_feed, person_of_feed, revoke_feed
from backend.auth.first_admin import first_admin
from backend.auth.leaving import leave, to_leave
from backend.auth.linking import end_link, links_of, make_code, person_of, redeem, unlink
from backend.auth.links import ask_reset, issue_link, send_link, use_link, use_link_for_tokens
from backend.auth.passwords import change_password
from backend.auth.pruning import prune
from backend.auth.refresh_tokens import open_tokens, refresh
from backend.auth.sessions import end_other_sign_ins, end_sign_in, open_session, sign_ins_of, sign_out
from backend.auth.signing_in import sign_in

__all__ = [
    "access_token_for",
    "ask_reset",
    "change_password",
    "end_link",
    "end_other_sign_ins",
    "end_sign_in",
    "first_admin",
    "issue_link",
    "leave",
    "links_of",
    "make_code",
    "make_feed",
    "open_session",
    "open_tokens",
    "person_of",
    "person_of_feed",
    "prune",
    "redeem",
    "refresh",
    "revoke_feed",
    "send_link",
    "sign_in",
    "sign_ins_of",
    "sign_out",
    "to_leave",
    "unlink",
    "use_link",
    "use_link_for_tokens",
]
