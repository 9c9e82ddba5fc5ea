"""Short-lived JWTs for API clients: signing and checking."""

from datetime import timedelta

import jwt

from backend.auth import keys
from backend.auth.credentials import Credential
from backend.errors import NotSignedIn
from backend.kit import clock
from backend.kit.db import Sql

LASTS = timedelta(minutes=15)
_ALGORITHM = "HS256"
_ISSUER = "giaoviec"


async def access_token_for(person_id: int, family: str | None = None) -> str:
    """A bearer token good for 15 minutes. With the ``family`` of refresh tokens it came with, it dies with them."""
    now = clock.real()
    claims = {"iss": _ISSUER, "sub": str(person_id), "iat": int(now.timestamp()), "exp": int((now + LASTS).timestamp())}
    if family is not None:
        claims["fam"] = family
    return jwt.encode(claims, await keys.secret(), algorithm=_ALGORITHM)


async def read(token: str) -> Credential:
    """Whose token it is. Raises NotSignedIn when it is not one of ours, expired or its family was revoked."""
    try:
        # Expiry is ours to judge: by our clock, which a test moves.
        claims = jwt.decode(
            token,
            await keys.secret(),
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
        )
        person_id, expires = int(claims["sub"]), float(claims["exp"])
    except (jwt.InvalidTokenError, ValueError, TypeError):
        raise NotSignedIn("token_bad") from None
    if expires <= clock.real().timestamp():
        raise NotSignedIn("token_expired")
    family = claims.get("fam")
    if family is not None and await _revoked(str(family)):
        raise NotSignedIn("token_expired")
    return Credential("jwt", person_id, family=family)


async def _revoked(family: str) -> bool:
    sql = Sql()
    return bool(
        await sql.rows(
            f"select 1 as it from refresh_token where family = {sql.arg(family)} and revoked_at is not null limit 1"
        )
    )
