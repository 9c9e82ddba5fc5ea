"""Our own sources as data for the house tests: which modules there are and what they call."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("backend", "bot", "reminders")
#: Everything that is committed lives in one of these or is a file at the top.
FOLDERS = (*ROOMS, "tests", "benches", "docker", "docs", ".ci")


@cache
def modules() -> tuple[Path, ...]:
    """Every Python module of the product, written by hand (migrations are written by a tool)."""
    found = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return tuple(sorted(path for path in found if not path.is_relative_to(ROOT / "backend/migrations")))


def committed() -> Iterator[Path]:
    """Every file of the repository, by where they live: a checkout needs no git to be tested."""
    yield from (
        path for path in ROOT.iterdir() if path.is_file() and (path.name == ".gitignore" or path.name[0] != ".")
    )
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def name(path: Path) -> str:
    """The path as it is written in the repository."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a module with the dotted name of what is called: ``asyncio.create_task``, ``….save``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield _dotted(node.func), node


def imports(path: Path) -> Iterator[str]:
    """Every module (or name in a module) that a module imports, at the top or inside."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def texts(node: ast.expr) -> Iterator[str]:
    """The constant strings an expression may be: itself, or either side of a conditional."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return "…"
