"""Commands of the command line as processes of their own, forked from a server that has imported everything already:
what runs is the real thing, without the seconds that importing takes each time."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from tests.processes import CONTEXT

ROOT = Path(__file__).parents[1]


class Done(msgspec.Struct, frozen=True):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def giaoviec(*arguments: str, environment: Mapping[str, Any]) -> Done:
    """Run a command to its end, with this environment and no other."""
    with tempfile.TemporaryDirectory() as folder:
        said = [str(Path(folder) / name) for name in ("out", "err")]
        process = CONTEXT.Process(target=_command, args=(arguments, dict(environment), *said), daemon=True)
        process.start()
        process.join(120)
        assert process.exitcode is not None, "the command did not come to its end"
        out, err = (Path(name).read_text(encoding="utf-8") for name in said)
        return Done(process.exitcode, out, err)


def _command(arguments: tuple[str, ...], environment: dict[str, str], out: str, err: str) -> None:
    from backend.__main__ import cli

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    with open(out, "w", encoding="utf-8") as sys.stdout, open(err, "w", encoding="utf-8") as sys.stderr:
        cli.main(args=list(arguments), prog_name="giaoviec")
