"""The session cookie: its name, how it is set and taken away."""

from litestar.datastructures import Cookie

from backend.auth.sessions import NewSession
from backend.settings import Settings

#: When a session ends is the server's to say; this only keeps the browser from forgetting it first (400 days: the most
#: that browsers keep).
_MAX_AGE_S = 400 * 24 * 3600


def cookie_name(settings: Settings) -> str:
    """``__Host-`` makes the browser refuse the cookie from any other host or over plain HTTP."""
    return "__Host-giaoviec_session" if settings.secure_cookies else "giaoviec_session"


def session_cookie(settings: Settings, opened: NewSession) -> Cookie:
    """The cookie that signs a browser in."""
    return _cookie(settings, opened.token, _MAX_AGE_S)


def no_session_cookie(settings: Settings) -> Cookie:
    """The cookie that makes a browser forget its session."""
    return _cookie(settings, "", 0)


def _cookie(settings: Settings, value: str, max_age: int) -> Cookie:
    return Cookie(
        key=cookie_name(settings),
        value=value,
        max_age=max_age,
        path="/",
        httponly=True,
        secure=settings.secure_cookies,
        samesite="lax",
    )
