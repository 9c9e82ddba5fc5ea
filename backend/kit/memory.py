"""Less work for the collector of reference cycles, which looks at everything that lives again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Long work on many small objects: collect no cycles inside. What counts its references to nothing is freed as ever;
    cycles wait until the end. Two at a time are well: the first to end lets the collector run again, which costs the
    other only time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def moved_in() -> None:
    """The process has loaded what it will work with: that stays, and is not looked at any more. A full collection beside
    a few hundred thousand objects of code would cost more than the messages or requests between two of them."""
    gc.collect()
    gc.freeze()
