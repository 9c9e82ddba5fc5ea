"""Long work on many small objects without the collector of reference cycles, which would look at all of them again and
again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no cycles inside. What counts its references to nothing is freed as ever; cycles wait until the end. Two
    at a time are well: the first to end lets the collector run again, which costs the other only time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
