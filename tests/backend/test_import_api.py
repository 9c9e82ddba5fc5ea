"""The organisation file over HTTP: upload, dry run, refusals as problems, the template."""

import httpx

from backend.org.sheets import read_files
from backend.org.template import template_xlsx
from tests.cast import Cast

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORM = "multipart/form-data; boundary=x"
UNITS = "code,name,parent\nkt,Phòng Kinh tế,ubnd\n"
PEOPLE = "full_name,email\nLê Thị Bảy,bay@phuong.example.vn\n"
POSITIONS = "person,unit,title,role,from\nbay,kt,Chuyên viên,officer,01/07/2025\n"


def csv_files(**tables: str) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("file", (f"{name}.csv", text.encode(), "text/csv")) for name, text in tables.items()]


async def upload(client: httpx.AsyncClient, files: object, **query: str) -> httpx.Response:
    return await client.post("/api/org/imports", files=files, params=query)  # type: ignore[arg-type]


async def test_hr_uploads_csv_files_dry_and_then_for_good(app: object, cast: Cast) -> None:
    files = csv_files(units=UNITS, people=PEOPLE, positions=POSITIONS)
    async with cast.client(app, "hr") as hr:
        dry = await upload(hr, files, dry_run="true")
        assert (dry.status_code, dry.json()["created"], dry.json()["dry_run"]) == (200, 3, True)
        assert (await hr.get("/api/units/kt")).status_code == 404
        done = (await upload(hr, files)).json()
        assert (done["created"], done["changed"]) == (3, 0)
        assert [(row["sheet"], row["row"], row["ref"]) for row in done["rows"]] == [
            ("units", 2, "kt"),
            ("people", 2, "bay"),
            ("positions", 2, "bay @ kt"),
        ]
        assert {one["ref"] for one in done["missing"]} >= {"an", "chair"}
        again = (await upload(hr, files)).json()
        assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 3)


async def test_an_admin_uploads_a_spreadsheet(app: object, cast: Cast) -> None:
    async with cast.client(app, "admin") as admin:
        answer = await upload(admin, {"file": ("mau.xlsx", template_xlsx("vi"), XLSX)}, dry_run="true")
    # The template's «an» is somebody else in the ward of the cast, who would become a second chief.
    assert answer.status_code == 422
    assert [(issue["sheet"], issue["row"], issue["code"]) for issue in answer.json()["issues"]] == [
        ("positions", 2, "import_two_chiefs")
    ]


async def test_one_bad_row_is_a_problem_with_every_issue(app: object, cast: Cast) -> None:
    files = csv_files(people="Họ và tên,Điện thoại\n,12\n")
    async with cast.client(app, "hr", locale="vi") as hr:
        answer = await upload(hr, files)
    assert answer.status_code == 422
    problem = answer.json()
    assert (problem["code"], problem["params"]) == ("import_refused", {"n": 2})
    assert [(issue["sheet"], issue["row"], issue["column"], issue["code"]) for issue in problem["issues"]] == [
        ("people", 2, "Họ và tên", "import_required"),
        ("people", 2, "Điện thoại", "import_phone_bad"),
    ]


async def test_what_is_no_office_file_is_refused(app: object, cast: Cast) -> None:
    async with cast.client(app, "hr") as hr:
        wrong = await upload(hr, {"file": ("office.pdf", b"%PDF", "application/pdf")})
        assert (wrong.status_code, wrong.json()["code"]) == (415, "import_file_kind")
        nothing = await hr.post("/api/org/imports", files=csv_files(units=UNITS)[:0], headers={"content-type": FORM})
        assert (nothing.status_code, nothing.json()["code"]) == (422, "invalid_fields")
        text = await hr.post("/api/org/imports", files={"file": (None, "code,name")})
        assert (text.status_code, text.json()["code"]) == (422, "invalid_fields")
        twice = await upload(hr, [*csv_files(units=UNITS), *csv_files(units=UNITS)])
        assert (twice.status_code, twice.json()["code"]) == (400, "import_file_twice")


async def test_only_hr_and_admins_upload_or_take_the_template(
    app: object, client: httpx.AsyncClient, cast: Cast
) -> None:
    files = csv_files(units=UNITS)
    assert (await upload(client, files)).status_code == 401
    for handle in ("chair", "an", "stranger"):
        async with cast.client(app, handle) as somebody:
            assert (await upload(somebody, files)).status_code == 403
            assert (await somebody.get("/api/org/template.xlsx")).status_code == 403


async def test_the_template_is_in_the_readers_language(app: object, cast: Cast) -> None:
    async with cast.client(app, "hr", locale="vi") as hr:
        answer = await hr.get("/api/org/template.xlsx")
    assert answer.headers["content-type"].startswith(XLSX)
    assert "template.xlsx" in answer.headers["content-disposition"]
    assert set(read_files({"template.xlsx": answer.content})) == {
        "units",
        "people",
        "positions",
        "leaves",
        "delegations",
    }
