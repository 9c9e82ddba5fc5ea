"""What orchestrators ask: is the process alive, can it serve."""

import httpx
import pytest

from backend.kit.db import Sql

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
