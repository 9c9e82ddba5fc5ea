"""What a signed-in person reads and sets of their own account."""

from typing import Any

import msgspec
from msgspec import UNSET

from backend import audit
from backend.auth.identity import account_by
from backend.auth.linking import CHANNELS
from backend.auth.schemas import DigestsPut, DigestsView, MePatch, MeView, PostView
from backend.domain.types import Actor
from backend.errors import NotSignedIn, Unprocessable
from backend.kit.db import transaction
from backend.models import Person


async def me(actor: Actor) -> MeView:
    """The actor's own account."""
    account = await account_by("id", actor.person_id)
    person = await Person.get_or_none(id=actor.person_id).only("id", "channels")
    if account is None or person is None:
        raise NotSignedIn("not_signed_in")
    return MeView(
        id=account.id,
        handle=account.handle,
        name=account.full_name,
        email=account.email,
        phone=account.phone,
        locale=account.locale,
        channels=person.channels,
        must_change_password=actor.must_change_password,
        posts=[PostView(post.position_id, post.unit_id, post.role, post.title, post.giver_id) for post in actor.posts],
        scopes=sorted(actor.scopes) if actor.scopes is not None else None,
    )


async def set_preferences(actor: Actor, patch: MePatch) -> None:
    """Set language and order of channels. Raises Unprocessable for a channel we do not have, or one named twice."""
    changes: dict[str, Any] = {}
    if patch.locale is not UNSET:
        changes["locale"] = patch.locale
    if patch.channels is not UNSET:
        if len(set(patch.channels)) != len(patch.channels) or (set(patch.channels) - set(CHANNELS)):
            raise Unprocessable("channel_unknown", channels=", ".join(CHANNELS))
        changes["channels"] = patch.channels
    if not changes:
        return
    async with transaction():
        await Person.filter(id=actor.person_id).update(**changes)
        await audit.record(actor, "auth.preferences_set", "person", actor.person_id, **changes)


async def digests(actor: Actor) -> DigestsView:
    """Which digests the actor wants."""
    person = await Person.get(id=actor.person_id).only("id", *DigestsView.__struct_fields__)
    return DigestsView(person.morning_list, person.leader_digest, person.weekly_digest)


async def set_digests(actor: Actor, wanted: DigestsPut) -> DigestsView:
    """Switch digests on or off from the next one on."""
    changes = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not UNSET}
    if changes:
        async with transaction():
            await Person.filter(id=actor.person_id).update(**changes)
            await audit.record(actor, "auth.digests_set", "person", actor.person_id, **changes)
    return await digests(actor)
