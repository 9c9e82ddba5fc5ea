"""The house keeps its own rules: imports, guards, migrations, sizes, banned calls, lock files."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from litestar.handlers import HTTPRouteHandler
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tortoise import Tortoise
from tortoise.migrations.autodetector import MigrationAutodetector

from backend.app import create_app
from backend.kit import db
from backend.settings import Settings, load
from tests import sources
from tests.sources import ROOT

pytestmark = pytest.mark.one_database

MAX_LINES = 400
MAX_MEDIAN_LINES = 120

#: Handlers that Litestar makes for the OpenAPI document: it describes routes and holds no data.
OPENAPI = {"/api", "/api/openapi.json", "/api/{path:str}"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def test_every_import_respects_the_contracts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    failed = lint_imports(no_cache=True, no_logo=True)
    assert not failed, capsys.readouterr().out


def test_the_chat_library_is_loaded_only_when_a_bot_needs_it() -> None:
    """aiogram costs seconds and 165 MiB: neither the command line nor a web replica may pay for it."""
    program = (
        "import importlib.util, sys, backend.app; "
        "importlib.util.find_spec('backend.__main__') and __import__('backend.__main__'); "
        "print([name for name in ('aiogram', 'aiohttp') if name in sys.modules])"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


async def test_models_and_migrations_say_the_same() -> None:
    config = db.config("sqlite:////never/opened.db")
    await Tortoise.init(config=config, init_connections=False)
    try:
        assert Tortoise.apps is not None
        missing = await MigrationAutodetector(Tortoise.apps, config["apps"]).changes()
    finally:
        await Tortoise.close_connections()
    assert [operation for writer in missing for operation in writer.operations] == []


def handlers(tmp_path: Path) -> Iterator[tuple[str, HTTPRouteHandler, set[str]]]:
    """Path, handler and guard names of every route of ours."""
    app = create_app(load({}, var_dir=str(tmp_path)))
    for route in app.routes:
        for handler in getattr(route, "route_handlers", [getattr(route, "route_handler", None)]):
            methods = {str(method) for method in getattr(handler, "http_methods", ())}
            if handler is None or methods == {"OPTIONS"} or route.path in OPENAPI:
                continue
            yield route.path, handler, {getattr(guard, "guard_name", "") for guard in handler.guards}


def test_every_route_has_a_guard(tmp_path: Path) -> None:
    found = list(handlers(tmp_path))
    unguarded = [f"{handler.handler_name} {path}" for path, handler, guards in found if not guards - {""}]
    assert found
    assert unguarded == []


def test_every_form_that_changes_something_is_checked_to_be_ours(tmp_path: Path) -> None:
    unchecked = [
        f"{handler.handler_name} {path}"
        for path, handler, guards in handlers(tmp_path)
        if set(handler.http_methods) & UNSAFE
        and not path.startswith(("/api/", "/hooks/"))
        and "csrf_form" not in guards
    ]
    assert unchecked == []


def keeps_time(name: str) -> bool:
    """The clock itself; and the fake chat server, which is the outside world and has a clock of its own."""
    return name == "backend/kit/clock.py" or name.startswith("bot/simulator/")


def holds_tasks(name: str) -> bool:
    return name.endswith("run.py") or name.startswith("bot/simulator/")


@pytest.mark.parametrize(
    ("banned", "allowed", "instead"),
    [
        (r"(.*\.)?(datetime|date|dt)\.(now|utcnow|today)|time\.time", keeps_time, "clock.now() or clock.real()"),
        (r"(asyncio|loop|….*)\.(create_task|ensure_future)", holds_tasks, "the lifespan in a run.py"),
    ],
    ids=["clock", "tasks"],
)
def test_banned_calls_are_not_made(banned: str, allowed: Callable[[str], bool], instead: str) -> None:
    pattern = re.compile(banned)
    made = [
        f"{sources.name(path)}:{call.lineno} {called}"
        for path in sources.modules()
        if not allowed(sources.name(path))
        for called, call in sources.calls(path)
        if pattern.fullmatch(called)
    ]
    assert made == [], f"use {instead}"


def test_rows_are_never_saved_whole() -> None:
    """``await row.save()`` writes back columns that somebody else changed meanwhile."""
    saved = [
        f"{sources.name(path)}:{node.lineno}"
        for path in sources.modules()
        for node in ast.walk(sources.tree(path))
        if isinstance(node, ast.Await)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Attribute)
        if node.value.func.attr == "save"
    ]
    assert saved == [], "use filter(id=…).update(only=what_changed)"


def test_routes_and_pages_never_import_tables() -> None:
    edges = [
        path for path in sources.modules() if path.stem.endswith("routes") or path.is_relative_to(ROOT / "backend/web")
    ]
    wrong = [
        f"{sources.name(path)} imports {imported}"
        for path in edges
        for imported in sources.imports(path)
        if imported.startswith(("tortoise", "backend.models"))
    ]
    assert edges
    assert wrong == []


def test_services_and_queries_know_no_transport() -> None:
    inner = [path for path in sources.modules() if re.search(r"(service|queries)", path.stem)]
    wrong = [
        f"{sources.name(path)} imports {imported}"
        for path in inner
        for imported in sources.imports(path)
        if imported.split(".")[0] in ("litestar", "aiogram", "apscheduler")
    ]
    assert inner
    assert wrong == []


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [sources.name(path) for path in sources.modules() if not ast.get_docstring(sources.tree(path))]
    assert silent == []


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "common", "manager", "misc"}
    assert [sources.name(path) for path in sources.modules() if path.stem in drawers] == []


def test_modules_stay_small() -> None:
    lines = {sources.name(path): path.read_text(encoding="utf-8").count("\n") for path in sources.modules()}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}
    assert statistics.median(lines.values()) < MAX_MEDIAN_LINES


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Package → (version, number of hashes) of a lock file."""
    entries = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})*)", read(name), re.M)
    return {canonicalize_name(package): (version, hashes.count("--hash")) for package, version, hashes in entries}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock"])
def test_a_lock_file_is_hashes_and_nothing_else(name: str) -> None:
    packages = locked(name)
    assert packages
    assert [package for package, (_, hashes) in packages.items() if not hashes] == []
    written = len(packages) + sum(hashes for _, hashes in packages.values())
    assert written == len(read(name).splitlines()), "a line is neither a package nor a hash (an index address?)"


def test_lock_files_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    run, everything = locked("requirements.lock"), locked("requirements-dev.lock")
    extras = project["optional-dependencies"]
    asked = [(Requirement(text), run) for text in [*project["dependencies"], *extras["build"]]]
    asked += [(Requirement(text), everything) for text in extras["dev"]]
    stale = [
        str(requirement)
        for requirement, lock in asked
        if not requirement.specifier.contains(lock.get(canonicalize_name(requirement.name), ("0", 0))[0])
    ]
    assert stale == [], "run `make lock`"
    assert run.items() <= everything.items(), "requirements-dev.lock holds other versions: run `make lock`"


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    settings = {name.upper() for name in Settings.__struct_fields__} - {"DEMO"}
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", read("docs/configure.md"), re.M)) == settings
    assert set(re.findall(r"^#?([A-Z_]+)=", read("docker/env.example"), re.M)) <= settings
    ours = read("docker/compose.yaml").partition("services:")[0]
    assert {name.removesuffix("_FILE") for name in re.findall(r"^    ([A-Z_]+):", ours, re.M)} <= settings


def test_nothing_committed_names_a_machine_or_a_package_index() -> None:
    # Written in pieces, or this file would be the first to be found.
    places = ["/" + "work/", "/" + "root/", "/" + "home/", "/tmp/" + "boot", "/opt/" + "wheels"]
    hosts = ["pypi" + ".org", "python" + "hosted.org", "registry" + ".npmjs", "deb" + ".debian.org"]
    named = [
        f"{sources.name(path)}: {text}"
        for path in sources.committed()
        for text in (*places, *hosts)
        if text.encode() in path.read_bytes()
    ]
    assert named == []
