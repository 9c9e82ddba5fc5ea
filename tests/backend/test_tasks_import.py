"""Importing tasks with their history: what is written, that nobody is told, that nothing is done twice or by halves."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from backend.audits import audit
from backend.calendars.default import default_calendar
from backend.domain.types import SYSTEM, Status
from backend.errors import Forbidden, Invalid, InvalidFields, Unsupported
from backend.kit.sentences import say_issue
from backend.models import AuditRow, LedgerEntry, OutboxNotice, Task, TaskNumber
from backend.org.sheets import Issue
from backend.scores.replay import replay
from backend.scores.service import close_period, ensure_rules
from backend.tasks import queries, service
from backend.tasks.importing_columns import COLUMNS, read_files
from backend.tasks.importing_rows import Reader
from backend.tasks.importing_template import template_xlsx
from tests.backend.given import at, given
from tests.cast import Cast
from tests.fakes import FakeClock

NEW = {"external_id": "A-1", "title": "Báo cáo", "assigner": "head", "lead": "an", "due": "27/11/2026"}
DONE = {
    "external_id": "A-2",
    "title": "Rà soát hộ nghèo",
    "body": "Theo mẫu số 2",
    "kind": "kết luận họp",
    "source_number": "TB 61/TB-UBND",
    "source_date": "2/11/2026",
    "urgency": "Khẩn",
    "weight": "1,5",
    "assigner": "head",
    "lead": "an@phuong.example.vn",
    "coordinators": "binh; cuong",
    "watchers": "vice",
    "assigned": "2026-11-02 08:00",
    "due": "2026-11-06 17:30",
    "acknowledged": "02/11/2026 09:15",
    "reported": "2026-11-05T10:00",
    "report_text": "Đã rà soát",
    "decision": "Trả lại",
    "decided": "2026-11-05 15:00",
    "return_reason": "Thiếu 3 hộ",
    "major_error": "x",
    "second_reported": "2026-11-06 16:00+07:00",
    "second_report_text": "Đủ 214 hộ",
    "second_decision": "accept",
    "second_decided": "2026-11-09 08:00",
}


def refusals(error: InvalidFields) -> list[tuple[int, str, str]]:
    """Row, column and code of everything that was wrong."""
    return [(issue["row"], issue["column"], issue["code"]) for issue in error.issues]


async def refused(rows: list[dict[str, str]]) -> list[tuple[int, str, str]]:
    with pytest.raises(InvalidFields) as caught:
        await service.import_tasks(SYSTEM, rows)
    assert await Task.all().count() == 0
    return refusals(caught.value)


@pytest.mark.usefixtures("db")
async def test_history_is_written_as_it_happened_and_nobody_is_told(cast: Cast, clock: FakeClock) -> None:
    result = await service.import_tasks(SYSTEM, [NEW, DONE])
    assert (result.created, result.changed, result.unchanged) == (2, 0, 0)
    head = await cast.actor("head")
    done = await queries.view(head, await queries.find_task(head, result.codes["A-2"]))
    assert (done.status, done.lead.handle, done.unit.code, str(done.weight)) == (Status.DONE, "an", "tuphap", "1.5")
    assert (done.kind, done.urgency, str(done.source_on)) == ("meeting", "urgent", "2026-11-02")
    assert (done.assigned_at, done.acknowledged_at) == (at("2026-11-02 08:00"), at("2026-11-02 09:15"))
    assert (done.reported_at, done.closed_at) == (at("2026-11-06 16:00"), at("2026-11-09 08:00"))
    assert [(report.decision, report.text, report.major_error) for report in done.reports] == [
        ("returned", "Đã rà soát", True),
        ("accepted", "Đủ 214 hộ", False),
    ]
    assert [(part.person.handle, part.part) for part in done.parts] == [
        ("binh", "coordinator"),
        ("cuong", "coordinator"),
        ("vice", "watcher"),
    ]
    events = await queries.timeline(head, done.id)
    assert [(event.kind, event.by.handle, event.at) for event in events] == [
        ("assigned", "head", at("2026-11-02 08:00")),
        ("acknowledged", "an", at("2026-11-02 09:15")),
        ("reported", "an", at("2026-11-05 10:00")),
        ("returned", "head", at("2026-11-05 15:00")),
        ("reported", "an", at("2026-11-06 16:00")),
        ("accepted", "head", at("2026-11-09 08:00")),
    ]
    assert done.due_at == at("2026-11-09 10:30"), "the return gave back what remained at the first report"
    assert done.late is False
    entries = await LedgerEntry.filter(task_id=done.id).order_by("scope")
    assert [(entry.kind, entry.scope, entry.happened_at) for entry in entries] == [
        ("major_error", "officer", at("2026-11-05 15:00")),
        ("major_error", "unit", at("2026-11-05 15:00")),
    ]
    assert await OutboxNotice.all().count() == 0
    assert await AuditRow.filter(action="task.imported").count() == 2
    new = await Task.get(external_id="A-1")
    assert (new.status, new.assigned_at, new.due_at) == ("assigned", clock.at, at("2026-11-27 17:30"))
    assert await TaskNumber.filter(task_id=new.id).count() == 2
    assert await TaskNumber.filter(task_id=done.id).count() == 0, "nobody calls what was closed before"


@pytest.mark.usefixtures("db")
async def test_second_import_changes_nothing_and_a_dry_run_writes_nothing(cast: Cast, clock: FakeClock) -> None:
    trial = await service.import_tasks(SYSTEM, [NEW, DONE], dry_run=True)
    assert (trial.dry_run, trial.created, trial.codes) == (True, 2, {})
    assert await Task.all().count() == await AuditRow.all().count() == 0
    await service.import_tasks(SYSTEM, [NEW, DONE])
    before = await AuditRow.all().count()
    task = await Task.get(external_id="A-1")
    await service.acknowledge(await cast.actor("an"), task.id)
    clock.move(days=3)
    again = await service.import_tasks(SYSTEM, [NEW, DONE, {**NEW, "external_id": "A-3", "due": "30/11/2026"}])
    assert (again.created, again.changed, again.unchanged) == (1, 0, 2)
    assert (await Task.get(external_id="A-1")).status == "acknowledged", "it lives its own life"
    assert await AuditRow.all().count() == before + 3
    assert (await Task.get(external_id="A-3")).code == "CV26-000003"


@pytest.mark.usefixtures("db")
async def test_open_work_is_planned_from_now_and_past_lateness_is_charged_quietly(cast: Cast, clock: FakeClock) -> None:
    late = {**NEW, "external_id": "L-1", "assigned": "02/11/2026", "due": "06/11/2026 17:30"}
    waiting = {**late, "external_id": "L-2", "reported": "2026-11-09 08:30", "acknowledged": "2026-11-02 08:00"}
    await service.import_tasks(SYSTEM, [late, waiting])
    open_ = await Task.get(external_id="L-1")
    assert (open_.late_at, open_.late_count) == (at("2026-11-06 17:30"), 3)
    assert open_.charge_at is not None
    assert open_.charge_at > clock.at
    for task in (open_, await Task.get(external_id="L-2")):
        assert task.answer_at is not None
        assert task.answer_at > clock.at, "limits that ran out before the import begin with it"
        assert task.answer_from_at == clock.at
    assert await LedgerEntry.filter(task_id=open_.id, scope="officer").count() == 3
    assert await LedgerEntry.filter(kind="delay", scope="officer").count() == 2
    assert await OutboxNotice.all().count() == 0


@pytest.mark.usefixtures("db")
async def test_every_ending_of_a_task(cast: Cast) -> None:
    base = {**NEW, "assigned": "02/11/2026 08:00"}
    ends = {
        "declined": {"declined": "03/11/2026 08:00", "decline_reason": "Không thuộc phòng"},
        "cancelled": {"cancelled": "03/11/2026 08:00", "cancel_reason": "Thôi"},
        "reported": {"reported": "03/11/2026 08:00"},
        "done": {
            "reported": "03/11/2026 08:00",
            "needs_acceptance": "0",
            "decision": "duyệt",
            "decided": "03/11/2026 09:00",
        },
        "acknowledged": {
            "extension_asked": "03/11/2026 08:00",
            "extension_until": "30/11/2026",
            "extension_reason": "Chờ số liệu",
            "extension_decision": "đồng ý",
            "extension_decided": "04/11/2026 08:00",
        },
    }
    asked = ends["acknowledged"]
    await service.import_tasks(SYSTEM, [{**base, **cells, "external_id": name} for name, cells in ends.items()])
    for name in ends:
        assert (await Task.get(external_id=name)).status == name
    assert (await Task.get(external_id="acknowledged")).due_at == at("2026-11-30 17:30")
    await service.import_tasks(SYSTEM, [{**base, **asked, "extension_decision": "refused", "external_id": "refused"}])
    assert (await Task.get(external_id="refused")).due_at == at("2026-11-27 17:30")
    own = {**NEW, "external_id": "own", "lead": "head", "acknowledged": "23/11/2026 08:00", "assigned": "23/11/2026"}
    await service.import_tasks(SYSTEM, [own])
    row = await Task.get(external_id="own")
    assert (row.status, row.self_registered) == ("acknowledged", True)


@pytest.mark.usefixtures("db")
async def test_parts_hang_on_wholes_of_the_file_or_the_office(cast: Cast) -> None:
    whole = {**NEW, "external_id": "W", "assigner": "chair", "lead": "unit:tuphap", "secret": "có"}
    part = {**NEW, "external_id": "P", "parent": "W", "due": "26/11/2026"}
    await service.import_tasks(SYSTEM, [part, whole])
    parent, child = await Task.get(external_id="W"), await Task.get(external_id="P")
    assert (child.parent_id, child.secret) == (parent.id, True)
    await service.import_tasks(SYSTEM, [{**part, "external_id": "Q"}])
    assert (await Task.get(external_id="Q")).parent_id == parent.id
    with pytest.raises(InvalidFields) as caught:
        await service.import_tasks(
            SYSTEM,
            [
                {**part, "external_id": "R1", "parent": "nowhere"},
                {**part, "external_id": "R2", "assigner": "vice"},
                {**part, "external_id": "R3", "due": "30/11/2026"},
                {**part, "external_id": "R4", "assigned": "01/11/2026"},
            ],
        )
    assert refusals(caught.value) == [
        (2, "parent", "import_parent_unknown"),
        (3, "parent", "subtask_only_by_lead"),
        (4, "due", "due_after_parent"),
        (5, "assigned", "import_before_parent"),
    ]


@pytest.mark.usefixtures("db")
async def test_every_bad_cell_is_reported_and_one_refuses_the_file(cast: Cast) -> None:
    assert await refused(
        [
            NEW,
            {**NEW, "external_id": "A-1"},
            {
                **NEW,
                "external_id": "",
                "title": "",
                "due": "someday",
                "kind": "party",
                "weight": "-1",
                "secret": "maybe",
            },
            {**NEW, "external_id": "B", "lead": "nobody", "assigner": "ghost"},
            {**NEW, "external_id": "C", "lead": "nobody", "watchers": "an, ghost"},
            {**NEW, "external_id": "D", "lead": "cuong"},
            {**NEW, "external_id": "E", "lead": "unit:nowhere"},
            {**NEW, "external_id": "F", "due": "01/11/2026"},
            {**NEW, "external_id": "G", "assigned": "30/11/2026", "due": "01/12/2026"},
        ]
    ) == [
        (3, "external_id", "import_duplicate"),
        (4, "external_id", "import_required"),
        (4, "title", "import_required"),
        (4, "kind", "import_choice_bad"),
        (4, "weight", "weight_bad"),
        (4, "secret", "import_choice_bad"),
        (4, "due", "import_time_bad"),
        (5, "assigner", "import_person_unknown"),
        (6, "lead", "import_person_unknown"),
        (6, "watchers", "import_person_unknown"),
        (7, "lead", "import_not_under"),
        (8, "lead", "unit_not_found"),
        (9, "due", "import_time_order"),
        (10, "assigned", "import_time_future"),
    ]


@pytest.mark.usefixtures("db")
async def test_history_that_cannot_be_is_refused(cast: Cast) -> None:
    base = {**NEW, "assigned": "02/11/2026 08:00", "due": "30/11/2026"}
    accepted = {"decision": "accept", "decided": "03/11/2026"}
    reasons = {"decline_reason": "x", "cancel_reason": "x", "extension_reason": "x", "waive_reason": "x"}
    assert await refused(
        [
            {**base, "external_id": "A", **accepted},
            {**base, "external_id": "B", "reported": "03/11/2026", "acknowledged": "04/11/2026"},
            {**base, "external_id": "C", "acknowledged": "01/11/2026"},
            {**base, "external_id": "D", "reported": "27/11/2026"},
            {**base, "external_id": "E", "reported": "04/11/2026", **accepted},
            {**base, "external_id": "F", "reported": "02/11/2026 09:00", "decision": "return", "decided": "03/11/2026"},
            {**base, "external_id": "G", "extension_asked": "03/11/2026", "extension_until": "20/11/2026"},
            {**base, "external_id": "H", **reasons, "major_error": "x", "report_text": "x"},
            {**base, "external_id": "I", "reported": "02/11/2026 09:00", "second_reported": "03/11/2026"},
        ]
    ) == [
        (2, "decided", "import_needs"),
        (2, "decided", "import_impossible"),
        (3, "acknowledged", "import_impossible"),
        (4, "acknowledged", "import_time_order"),
        (5, "reported", "import_time_future"),
        (6, "decided", "import_impossible"),
        (7, "decision", "import_needs"),
        (8, "extension_asked", "import_needs"),
        (8, "extension_until", "extension_not_later"),
        (9, "report_text", "import_needs"),
        (9, "major_error", "import_needs"),
        (9, "extension_reason", "import_needs"),
        (9, "decline_reason", "import_needs"),
        (9, "cancel_reason", "import_needs"),
        (9, "waive_reason", "import_needs"),
        (10, "second_reported", "import_needs"),
        (10, "second_reported", "import_impossible"),
    ]


@pytest.mark.usefixtures("db")
async def test_objective_cause_of_a_delay_comes_along(cast: Cast) -> None:
    late = {**NEW, "assigned": "09/11/2026", "due": "13/11/2026", "waived": "20/11/2026", "waive_reason": "Bão"}
    result = await service.import_tasks(SYSTEM, [{**late, "waived_by": "head"}])
    assert (result.created, await LedgerEntry.filter(kind="waiver").count()) == (1, 2)
    with pytest.raises(InvalidFields) as caught:
        await service.import_tasks(
            SYSTEM,
            [
                {**late, "external_id": "B", "due": "30/11/2026", "waived_by": "head"},
                {**late, "external_id": "C", "waived_by": "an"},
            ],
        )
    assert refusals(caught.value) == [(2, "waived_by", "import_nothing_to_waive"), (3, "waived_by", "forbidden")]
    assert await Task.all().count() == 1


@pytest.mark.usefixtures("db")
async def test_nothing_is_charged_in_a_month_that_is_closed(cast: Cast, clock: FakeClock) -> None:
    assert (await service.import_tasks(SYSTEM, [NEW])).created == 1
    await ensure_rules()
    await close_period(await cast.actor("hr"), "2026-10")
    clock.move(minutes=1)
    old = {**NEW, "assigned": "05/10/2026", "due": "09/10/2026", "decision": "accept"}
    late = {**old, "reported": "2026-10-13 09:00", "decided": "2026-10-13 10:00"}
    wrong = {
        **DONE,
        "external_id": "W",
        "kind": "",
        **{
            key: str(DONE[key]).replace("2026-11", "2026-10").replace("/11/", "/10/")
            for key in DONE
            if "2026" in DONE[key]
        },
    }
    with pytest.raises(InvalidFields) as caught:
        await service.import_tasks(SYSTEM, [{**late, "external_id": "L"}, wrong])
    assert refusals(caught.value) == [(2, "due", "import_period_closed"), (3, "due", "import_period_closed")]
    assert "2026-10" in say_issue("vi", caught.value.issues[0])
    assert "2026-10" in say_issue("en", caught.value.issues[0])
    assert await Task.all().count() == 1
    kept = [
        {**old, "external_id": "T", "reported": "2026-10-08 09:00", "decided": "2026-10-08 10:00"},
        {**old, "external_id": "N", "reported": "2026-11-03 09:00", "decided": "2026-11-03 10:00"},
        {**old, "external_id": "O", "decision": ""},
    ]
    assert (await service.import_tasks(SYSTEM, kept)).created == 3
    assert await LedgerEntry.filter(kind="delay", scope="officer").count() == 2, "done or still open in a later month"
    assert not (await replay()).failed
    assert not (await audit()).problems


@pytest.mark.usefixtures("db")
async def test_only_keepers_of_the_records_import_and_only_for_their_units(cast: Cast) -> None:
    for who in ("an", "head", "chair", "auditor"):
        with pytest.raises(Forbidden):
            await service.import_tasks(await cast.actor(who), [NEW])
    assert (await service.import_tasks(await cast.actor("hr"), [NEW])).created == 1
    theirs = {**NEW, "external_id": "O", "assigner": "otherchair", "lead": "stranger"}
    with pytest.raises(InvalidFields) as caught:
        await service.import_tasks(await cast.actor("hr"), [theirs])
    assert refusals(caught.value) == [(2, "lead", "import_outside")]
    assert (await service.import_tasks(await cast.actor("admin"), [theirs])).created == 1


@pytest.mark.usefixtures("db")
async def test_csv_and_xlsx_say_the_same(cast: Cast, tmp_path: Path) -> None:
    headers = ["Mã ngoài*", "Tên việc*", "Người giao*", "Chủ trì*", "Hạn*", "Trọng số"]
    cells = ["X-1", "Báo cáo", "head", "an", "27/11/2026 17:00", "2"]
    as_csv, as_xlsx = tmp_path / "viec.csv", tmp_path / "viec.xlsx"
    as_csv.write_text(f"{';'.join(headers)}\n\n{';'.join(cells)}\n", encoding="utf-8-sig")
    with xlsxwriter.Workbook(as_xlsx) as book:
        book.add_worksheet("Ghi chú").write_string(0, 0, "khác")
        sheet = book.add_worksheet("Công việc")
        sheet.write_row(0, 0, headers)
        sheet.write_row(1, 0, ["X-2", *cells[1:4]])
        sheet.write_datetime(
            1, 4, at("2026-11-27 17:00").replace(tzinfo=None), book.add_format({"num_format": "d/m/yy hh:mm"})
        )
        sheet.write_number(1, 5, 2)
    for path in (as_csv, as_xlsx):
        assert (await service.import_tasks(SYSTEM, path)).created == 1
        assert (await service.import_tasks(SYSTEM, path)).unchanged == 1
    first, second = await Task.get(external_id="X-1"), await Task.get(external_id="X-2")
    assert first.due_at == second.due_at == at("2026-11-27 17:00")
    assert first.weight == second.weight == 2


@pytest.mark.usefixtures("db")
async def test_files_that_are_none(cast: Cast, tmp_path: Path) -> None:
    for name, content, kind, code in (
        ("a.csv", b"", Invalid, "import_empty"),
        ("a.csv", b"\xff\xfe\x00", Unsupported, "import_not_utf8"),
        ("a.xlsx", b"no", Unsupported, "import_not_xlsx"),
        ("a.txt", b"x", Unsupported, "import_file_kind"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(kind) as caught:
            await service.import_tasks(SYSTEM, path)
        assert caught.value.code == code
    with pytest.raises(Invalid) as missing:
        await service.import_tasks(SYSTEM, tmp_path / "nothing.csv")
    assert missing.value.code == "import_no_file"
    with pytest.raises(InvalidFields) as headers:
        await service.import_tasks(SYSTEM, [{"title": "x", "Title": "x", "màu": "đỏ"}])
    assert refusals(headers.value) == [
        (1, "Title", "import_column_twice"),
        (1, "màu", "import_column_unknown"),
        *((1, key, "import_column_missing") for key in ("external_id", "assigner", "lead", "due")),
    ]


@pytest.mark.one_database
def test_template_reads_back_as_its_examples() -> None:
    for locale in ("vi", "en"):
        issues: list[Issue] = []
        table = read_files({"mau.xlsx": template_xlsx(locale)}, issues)
        assert list(table.labels) == [column.key for column in COLUMNS]
        calendar = default_calendar()
        rows = Reader(table, at("2026-11-23 08:30"), calendar, issues).read()
        assert issues == []
        assert [(row.row, row.external_id) for row in rows] == [(2, "VB-2026-0125"), (3, "KL-2026-0031")]


async def test_import_over_http(app: Any, cast: Cast) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(DONE))
    writer.writeheader()
    writer.writerows([DONE])
    part = ("files", ("tasks.csv", out.getvalue().encode(), "text/csv"))
    bad = ("files", ("tasks.csv", b"title\nx", "text/csv"))
    async with cast.client(app, "hr") as hr, cast.client(app, "head") as head:
        trial = await hr.post("/api/tasks/imports?dry_run=true", files=[part])
        assert (trial.status_code, trial.json()["created"]) == (200, 1), trial.text
        made = await hr.post("/api/tasks/imports", files=[part])
        assert made.json()["codes"] == {"A-2": "CV26-000001"}
        assert (await hr.post("/api/tasks/imports", files=[part])).json()["unchanged"] == 1
        refused_ = await hr.post("/api/tasks/imports", files=[bad])
        assert (refused_.status_code, refused_.json()["code"]) == (422, "import_refused")
        assert all(issue["message"] for issue in refused_.json()["issues"])
        assert (await head.post("/api/tasks/imports", files=[part])).status_code == 403
        assert (await hr.get("/api/tasks/imports/template.xlsx")).content[:2] == b"PK"
        assert (await head.get("/api/tasks/imports/template.xlsx")).status_code == 403
        assert (await hr.post("/api/tasks/imports")).status_code in (400, 415, 422)


@pytest.mark.usefixtures("db")
async def test_imported_work_goes_on_like_any_other(cast: Cast) -> None:
    await service.import_tasks(SYSTEM, [NEW])
    task = await Task.get(external_id="A-1")
    done = await service.report(await cast.actor("an"), task.id, "Xong")
    assert (await service.undo(await cast.actor("an"), task.id)).task.status is Status.ASSIGNED
    assert done.changed
    assert (await given(cast)).code == "CV26-000002"
