"""The coming reminders of a task with their reasons: on the command line, over HTTP, on the page; for whom."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backend.domain.reminding import NORMAL
from backend.domain.types import SYSTEM
from backend.errors import Forbidden
from backend.kit import clock as clocks
from backend.kit import state
from backend.models import OutboxNotice, Task, TrackRecord
from backend.settings import Settings
from backend.tasks import queries
from backend.tasks.schemas import DueDraft, TaskDraft
from backend.tasks.service import acknowledge, assign, report
from reminders import remind
from tests import commands
from tests.backend.web_browser import Browser, text_of
from tests.cast import Cast
from tests.fakes import FakeClock, vn

ROOT = Path(__file__).parents[2]
#: Of the time, after which the first word comes while nobody has acknowledged.
SHARE = f"1/{NORMAL.first_silent}"


async def given(cast: Cast, **more: Any) -> Task:
    draft = TaskDraft(title="Báo cáo", leads=["an"], due=DueDraft(working_days=10), **more)
    made = await assign(await cast.actor("head"), draft)
    return await Task.get(id=made.tasks[0].id)


async def test_what_is_listed_is_what_is_said(db: None, cast: Cast, clock: FakeClock) -> None:
    """Nobody answers: every reminder comes at the listed moment, and none that was not listed."""
    await TrackRecord.create(person_id=cast.an.id, still_1=9, still_2=9, still_3=9, still_4=9, still_5=9, late=7)
    task = await given(cast)
    await acknowledge(await cast.actor("an"), task.id)
    listed = await queries.coming(SYSTEM, task.id)
    assert [one.at for one in listed] == sorted(one.at for one in listed)
    assert "leader" in {one.to for one in listed}
    assert listed[0].params["still"] == 9
    clock.set(listed[0].at)
    await remind.tick()
    [first] = await OutboxNotice.filter(topic="remind")
    assert first.not_before == listed[0].at
    following = await queries.coming(SYSTEM, task.id)
    assert (await Task.get(id=task.id)).look_at == following[0].at
    for locale in ("vi", "en"):
        assert all(queries.reason(locale, one) for one in listed)


async def test_a_closed_task_has_none(db: None, cast: Cast) -> None:
    task = await given(cast)
    await report(await cast.actor("an"), task.id, "xong")
    assert await queries.coming(SYSTEM, task.id) == []


async def test_who_may_ask(db: None, cast: Cast) -> None:
    task = await given(cast, watchers=["binh"])
    for person in ("an", "head", "chair", "hr"):
        assert await queries.coming(await cast.actor(person), task.id)
    with pytest.raises(Forbidden):
        await queries.coming(await cast.actor("binh"), task.id)


async def test_over_http_and_on_the_page(app: Any, cast: Cast) -> None:
    task = await given(cast)
    async with cast.client(app, "an") as an:
        [first, *_] = (await an.get(f"/api/tasks/{task.code}/reminders")).json()
        assert (first["to"], first["why"], first["params"]) == ("officer", "share", {"share": SHARE})
    async with Browser(app) as browser:
        await browser.sign_in(cast, "an")
        page = text_of(await browser.get(f"/tasks/{task.code}"))
        assert "Sẽ nhắc (nếu không ai trả lời)" in page
        assert f"Đã qua {SHARE} thời gian." in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_on_the_command_line(db: None, cast: Cast, settings: Settings, clock: FakeClock) -> None:
    task = await given(cast)
    await state.put(clocks.OFFSET_KEY, repr((clock() - datetime.now(UTC)).total_seconds()))

    def giaoviec(*arguments: str) -> commands.Done:
        environment = {**os.environ, "DATABASE_URL": settings.database, "VAR_DIR": str(settings.var), "LANG": "vi"}
        return commands.giaoviec("remind", "plan", *arguments, environment=environment)

    shown = giaoviec(task.code)
    assert shown.returncode == 0, shown.stderr
    assert "nhắc người làm" in shown.stdout
    assert f"Đã qua {SHARE} thời gian." in shown.stdout
    listed = json.loads(giaoviec(task.code, "--json").stdout)
    assert datetime.fromisoformat(listed[0]["at"]) > vn("2026-11-23 08:00")
    await report(await cast.actor("an"), task.id, "xong")
    assert "Không còn lần nhắc nào." in giaoviec(task.code).stdout
    assert giaoviec("CV26-999999").returncode == 1
