"""The API held against its own OpenAPI document: every operation, valid and invalid input, by schemathesis, over HTTP
to a real server. What the server answers is never a fault of ours and always what the document says."""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zlib import crc32

import hypothesis
import msgspec
import pytest
import requests
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from backend.app import create_app
from backend.auth import api_tokens
from backend.auth import service as auth
from backend.auth.actors import actor_of
from backend.auth.scopes import SCOPES
from backend.domain.recurring import Every
from backend.kit import db
from backend.models import LedgerEntry, Position
from backend.scores import service as scores
from backend.scores.schemas_signing import AppealDraft, RequestDraft
from backend.settings import Settings
from backend.tasks import recurring, service
from backend.tasks.schemas import DueDraft, RecurrenceDraft, TaskWords
from reminders import penalise
from tests.backend.given import away, lend, reported
from tests.backend.given import given as task_given
from tests.cast import Cast, make_cast
from tests.fakes import FakeClock, vn

SEED = 20261123
CHECKED = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
#: What names a thing in a path, query or body, and things that there are: invented names find nothing.
KNOWN: dict[str, list[Any]] = {
    "task": ["1", *(f"CV26-{number:06}" for number in range(1, 25))],
    "person": ["an", "binh", "head", "chair"],
    "unit": ["tuphap", "diachinh"],
    "period": ["2026-11", "2026-10", "2026-Q4"],
    "ref": ["nd335@1", "nd335-5@1"],
    "against": ["nd335@1"],
    "recurrence": [1],
    "entry_id": [1, 2, 3],
    "request_id": [1, 2, 3],
    "appeal_id": [1, 2],
    "file": [1],
    "leave_id": [1],
    "delegation_id": [1],
    "position_id": [7, 8],
    "lead": ["an", "unit:diachinh"],
    "leads": [["an"], ["an", "binh"], ["unit:tuphap"], []],
    "coordinators": [[{"person": "binh", "share": "0.2"}], []],
    "watchers": [["binh"]],
    "substitute": ["binh", "head"],
    "parent": ["CV26-000001"],
    "overseer": ["vice", None],
    "due": [{"minutes": 480}, {"working_days": 3}, {"at": "2026-12-04T17:00:00+07:00"}],
    "from_on": ["2026-12-07"],
    "until_on": ["2026-12-09", None],
    "until": ["2026-12-01T09:00:00+07:00"],
    "weight": ["1", "0.5", 2, "NaN", "Infinity", "1e999999", "-1"],
    "value": ["30", "NaN", "1e999999"],
    "scopes": [["tasks:read"]],
    "attachments": [[], [1]],
    "handle": ["moi"],
    "code": ["moi.1"],
    "email": ["moi@phuong.example.vn", None],
    "phone": ["0912345678", None],
    "locale": ["vi"],
}
#: What any request may carry and the document does not list with each operation.
HEADERS = st.sampled_from(
    [{}, {"if-match": '"1"'}, {"if-match": '"é"'.encode()}, {"if-none-match": "*"}, {"idempotency-key": "{}"}]
)


class Server:
    """The application on a loopback port, with the cast and some work of every kind in its database."""

    def __init__(self, settings: Settings, clock: FakeClock) -> None:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = int(found.getsockname()[1])
        self.settings = msgspec.structs.replace(settings, port=port)
        self.clock = clock
        self.url = f"http://127.0.0.1:{port}"
        self.tokens: dict[str, str] = {}

    async def seed(self) -> None:
        async with db.opened(self.settings.database):
            cast = await make_cast()
            await _work(cast, self.clock)
            # Somebody who may do everything: admin, HR and leader of the whole ward.
            top = await Position.get(person_id=cast.admin.id)
            for role in ("hr", "leader"):
                await Position.create(
                    person_id=top.person_id,
                    unit_id=top.unit_id,
                    title=role,
                    title_folded=role,
                    role=role,
                    from_on=top.from_on,
                )
            made = await api_tokens.make(await cast.actor("admin"), "fuzz", SCOPES)
            self.tokens["api token"] = made.token
            for who in ("admin", "an"):
                self.tokens[who] = await auth.access_token_for(cast.people[who].id)

    @contextmanager
    def running(self) -> Iterator["Server"]:
        asyncio.run(self.seed())
        config = uvicorn.Config(
            create_app(self.settings), port=self.settings.port, log_config=None, access_log=False, lifespan="on"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            deadline = time.monotonic() + 120
            while not server.started and time.monotonic() < deadline:
                time.sleep(0.02)
            assert server.started
            yield self
        finally:
            server.should_exit = True
            thread.join(10)


async def _work(cast: Cast, clock: FakeClock) -> None:
    """Four tasks of every kind for each of two leads, some late, and one of everything else."""
    for by, to in [("head", "an"), ("chair", "admin")] * 4:
        await task_given(cast, by, to, due=DueDraft(at=vn("2026-11-23 10:00")), watchers=["binh"])
        await reported(cast, by, to, title="Niêm yết thủ tục hành chính")
        asked = await task_given(cast, by, to, title="Xử lý vi phạm trật tự xây dựng")
        later = DueDraft(at=vn("2026-12-04 17:00"))
        await service.ask_extension(await cast.actor(to), asked.id, later, "Chờ xác minh")
    weekly = TaskWords(title="Báo cáo tuần", leads=["an"])
    await recurring.recur(await cast.actor("head"), RecurrenceDraft(task=weekly, every=Every.WEEKLY, day=5))
    await away(cast, "an", "2026-12-01", "2026-12-03", "binh")
    await lend(cast, "head", "an")
    clock.set("2026-11-23 14:00")
    await penalise.tick()
    await _objections(cast)


async def _objections(cast: Cast) -> None:
    """A request to waive for every delay, and a closed month with an appeal against it."""
    for entry in await LedgerEntry.filter(scope="officer"):
        asker = await actor_of(entry.person_id)  # type: ignore[attr-defined]
        await scores.ask_waiver(asker, entry.id, RequestDraft(cause="Mất điện"))
    await scores.close_period(await cast.actor("hr"), "2026-10")
    await scores.announce()
    for handle in ("an", "binh"):
        await scores.appeal(await cast.actor(handle), "2026-10", AppealDraft(text="Chưa có việc nào được tính"))


class Fuzz:
    """Sends generated requests as somebody, and keeps what was wrong and which operations went well."""

    def __init__(self, server: Server, token: str) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.headers["authorization"] = f"Bearer {server.tokens[token]}"
        self.failures: dict[str, str] = {}
        self.went_well: set[str] = set()
        #: Operations that are not closed to this token whatever is asked.
        self.open_to_it: set[str] = set()
        self.asked: Counter[str] = Counter()

    def run(self, examples: int) -> None:
        document = self.session.get(f"{self.server.url}/api/openapi.json").json()
        schema = schemathesis.openapi.from_dict(document, config=_config())
        operations = [found.ok() for found in schema.get_all_operations()]
        for operation in sorted(operations, key=_order):
            for mode, times in ((GenerationMode.POSITIVE, examples), (GenerationMode.NEGATIVE, examples // 2)):
                self._try(operation, mode, times)

    def _try(self, operation: Any, mode: GenerationMode, examples: int) -> None:
        if mode.is_negative and not (operation.body or operation.query):
            return  # any word in a path is a valid one

        @hypothesis.seed(crc32(f"{SEED} {mode} {operation.label}".encode()))
        @hypothesis.settings(
            max_examples=examples,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), headers=HEADERS, data=st.data())
        def ask(case: Any, headers: dict[str, Any], data: st.DataObject) -> None:
            _ground(case, data)
            self._ask(case, headers)

        ask()

    def _ask(self, case: Any, headers: dict[str, Any]) -> None:
        name = case.operation.label
        # A key of its own for each request; the same one again is another test.
        headers = {key: value if value != "{}" else f"fuzz-{self.asked.total()}" for key, value in headers.items()}
        answer = case.call(base_url=self.server.url, session=self.session, headers=headers)
        self.asked[name] += 1
        if answer.status_code < 300:
            self.went_well.add(name)
        if answer.status_code != 403:
            self.open_to_it.add(name)
        try:
            case.validate_response(answer, checks=CHECKED)
        except FailureGroup as group:
            for failure in group.exceptions:
                what = f"{name}: {type(failure).__name__}"
                self.failures.setdefault(what, f"{failure}\n{case.as_curl_command()[:1500]}\n{answer.content[:600]!r}")


def _config() -> schemathesis.Config:
    config = schemathesis.Config(seed=SEED)
    # Who we are is said by the session; and a random key for it would make everything 401.
    config.projects.default.generation.with_security_parameters = False
    return config


def _order(operation: Any) -> tuple[int, str]:
    """Reads first, then work, then what closes units and ends people's service."""
    change = operation.method.upper() != "GET"
    return change + (change and operation.path.startswith(("/api/people", "/api/units", "/api/org"))), operation.label


def _ground(case: Any, data: st.DataObject) -> None:
    """Let a valid request name things that there are, more often than not."""
    bodies = [case.body] if isinstance(case.body, dict) and case.meta.generation.mode.is_positive else []
    for place in (case.path_parameters, case.query, *bodies):
        for name in sorted(KNOWN.keys() & place.keys()):
            known = data.draw(st.sampled_from([*KNOWN[name], None]))
            # The task of a recurrence is an object, the one in a path a name.
            if known is not None and isinstance(known, dict) >= isinstance(place[name], dict):
                place[name] = known


def fuzz(settings: Settings, clock: FakeClock, token: str, examples: int, at_least: float) -> None:
    """``at_least`` is the share of the operations open to the token that must have gone well once: a wall of 404 proves
    nothing."""
    with Server(settings, clock).running() as server:
        fuzz = Fuzz(server, token)
        fuzz.run(examples)
        assert fuzz.failures == {}, "\n\n".join(f"{what}\n{how}" for what, how in fuzz.failures.items())
        badly = sorted(fuzz.open_to_it - fuzz.went_well)
        assert len(fuzz.open_to_it) >= len(fuzz.asked) / 2, "what is closed to everybody proves nothing either"
        assert len(fuzz.went_well) >= at_least * len(fuzz.open_to_it), badly


#: An integration, somebody who may do everything, and an officer.
TOKENS = ["api token", "admin", "an"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("database_url", "token", "at_least"),
    [("sqlite", "api token", 0.4), ("postgres", "admin", 0.6), ("sqlite", "an", 0.4)],
    indirect=["database_url"],
)
def test_every_operation_answers_as_the_document_says(
    settings: Settings, clock: FakeClock, token: str, at_least: float
) -> None:
    fuzz(settings, clock, token, 5, at_least)


@pytest.mark.soak
@pytest.mark.parametrize("token", TOKENS)
def test_every_operation_answers_as_the_document_says_for_long(
    settings: Settings, clock: FakeClock, token: str
) -> None:
    fuzz(settings, clock, token, 60, 0.5)
