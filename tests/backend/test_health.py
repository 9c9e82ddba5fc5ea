"""What orchestrators and Prometheus ask: is the process alive, can it serve, how is the office."""

from datetime import timedelta

import httpx
import pytest

from backend import sweeps
from backend.kit.db import Sql
from backend.measures import OUTCOMES
from backend.models import DeliveryAttempt, Task
from bot.channel import SendError
from tests.backend.given import everything_left, given
from tests.bot.bot_room import Wall, link, moved, put, sender_on
from tests.cast import Cast
from tests.fakes import FakeClock

LIVE, READY = "/health/live", "/health/ready"


@pytest.mark.parametrize("path", [LIVE, READY])
async def test_a_process_that_works_says_so_to_either_kind_of_probe(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_database_without_our_tables_is_alive_and_not_ready(client: httpx.AsyncClient) -> None:
    await Sql().run("alter table person rename to elsewhere")
    answer = await client.get(READY)
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.head(READY)).status_code == 503
    assert (await client.get(LIVE)).status_code == 200


async def test_a_probe_needs_no_language_and_no_account(client: httpx.AsyncClient) -> None:
    answer = await client.get(READY, headers={"authorization": "Bearer nonsense"})
    assert answer.status_code == 200


async def metrics(client: httpx.AsyncClient) -> dict[str, float]:
    """What Prometheus would read: name with labels → value."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    lines = [line.rpartition(" ") for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def attempts(found: dict[str, float], channel: str) -> dict[str, float]:
    """Outcomes that there were on a channel."""
    named = {name: f'giaoviec_deliveries_last_hour{{channel="{channel}",outcome="{name}"}}' for name in OUTCOMES}
    return {name: found[key] for name, key in named.items() if found.get(key)}


async def test_attempts_of_the_last_hour_are_counted_by_channel_and_outcome(
    client: httpx.AsyncClient, cast: Cast, clock: FakeClock
) -> None:
    await link(cast.an, "7")
    await link(cast.binh, "8", "email")
    telegram, email = Wall(), Wall("email")
    telegram.errors += [
        SendError("temporary", "502"),
        SendError("unknown", "hung up"),
        None,
        SendError("message", "no"),
    ]
    sender = sender_on(telegram, email)
    for number in range(3):
        await put(moved(number), cast.an)
    await put(moved(9), cast.binh)
    for _ in range(6):
        await sender.drain_once()
        clock.move(minutes=2)
    found = await metrics(client)
    assert attempts(found, "telegram") == {"retry": 1, "unknown": 1, "sent": 2, "failed": 1}
    assert attempts(found, "email") == {"sent": 1}
    assert found['giaoviec_outbox_notices{status="sent"}'] == 3
    assert found['giaoviec_outbox_notices{status="dead"}'] == 1
    clock.move(minutes=61)
    assert attempts(await metrics(client), "telegram") == {}


async def test_among_thousands_of_older_attempts_those_of_the_last_hour_are_found(
    client: httpx.AsyncClient, cast: Cast, clock: FakeClock
) -> None:
    notice_id = await put(moved(), cast.an)
    now = clock.at

    def attempt(minutes_ago: float) -> DeliveryAttempt:
        at = now - timedelta(minutes=minutes_ago)
        return DeliveryAttempt(notice_id=notice_id, channel="old", address="1", started_at=at, outcome="sent")

    ages = [*range(6000, 61, -2), *(60 - number / 100 for number in range(1500))]
    await DeliveryAttempt.bulk_create([attempt(age) for age in ages], batch_size=500)
    assert attempts(await metrics(client), "old") == {"sent": 1500}
    await DeliveryAttempt.all().delete()
    assert attempts(await metrics(client), "old") == {}


async def test_a_process_that_only_serves_pages_tells_of_the_engine_elsewhere(
    client: httpx.AsyncClient, cast: Cast, clock: FakeClock
) -> None:
    due = 'giaoviec_due_oldest_seconds{sweep="remind"}'
    task = await given(cast)
    await everything_left()
    found = await metrics(client)
    assert (found[due], found['giaoviec_outbox_notices{status="pending"}']) == (0, 0)
    look_at = (await Task.get(id=task.id)).look_at
    assert look_at is not None
    clock.set(look_at + timedelta(minutes=4))
    await sweeps.beat("remind")
    await sweeps.audited({"look_missing": 2})
    found = await metrics(client)
    assert found[due] == 240
    assert found['giaoviec_sweep_last_done_timestamp_seconds{sweep="remind"}'] == clock.at.timestamp()
    assert found['giaoviec_audit_problems{code="look_missing"}'] == 2
    assert found["giaoviec_audit_last_ok_timestamp_seconds"] == 0
    clock.move(minutes=5)
    await sweeps.audited({})
    await sweeps.pinged()
    found = await metrics(client)
    assert found['giaoviec_audit_problems{code="look_missing"}'] == 0
    assert found["giaoviec_audit_last_ok_timestamp_seconds"] == clock.at.timestamp()
    assert found["giaoviec_audit_last_timestamp_seconds"] == clock.at.timestamp()
    assert found["giaoviec_heartbeat_last_ok_timestamp_seconds"] == clock.at.timestamp()


async def test_a_notice_that_waits_makes_its_age_known(client: httpx.AsyncClient, cast: Cast, clock: FakeClock) -> None:
    await put(moved(), cast.an)
    clock.move(seconds=90)
    assert (await metrics(client))["giaoviec_outbox_oldest_seconds"] == 90
