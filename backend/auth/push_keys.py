"""The office's key pair for web push (VAPID, RFC 8292): push services take messages for its subscriptions from nobody
else."""

import base64

import msgspec

from backend.kit import state

SETTING = "push.vapid"


class PushKeys(msgspec.Struct, frozen=True):
    """Both as base64url without padding: ``private`` the 32 bytes of the scalar, ``public`` the 65 bytes of the point,
    which browsers are given."""

    private: str
    public: str


async def push_keys() -> PushKeys:
    """The keys of this office, made on first use and kept in the database; every process gets the same ones.

    Changing them makes every subscription worthless: a browser takes pushes from the key it subscribed with.
    """
    kept = await state.get(SETTING)
    if kept is None:
        kept = await state.keep_first(SETTING, msgspec.json.encode(_made()).decode())
    return msgspec.json.decode(kept, type=PushKeys)


def _made() -> PushKeys:
    # Only the first process of an office ever needs it.
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1())
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return PushKeys(_text(scalar), _text(point))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def is_point(text: str) -> bool:
    """Whether this is a public key as browsers give it (``p256dh``): a point of the curve, base64url."""
    from cryptography.hazmat.primitives.asymmetric import ec

    data = decoded(text)
    if len(data) != 65:
        return False
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    except ValueError:
        return False
    return True


def decoded(text: str) -> bytes:
    """The bytes of base64url text, padded or not; empty for anything else."""
    bare = text.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
