"""Which tests `make test` runs first, and which are left to `make soak`."""

from collections import defaultdict

import pytest


def deal(items: list[pytest.Item]) -> None:
    """The slow ones first, and so their files: what mostly waits then waits beside the rest, and not alone at the end."""
    _leave_to_soak(items)
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def _leave_to_soak(items: list[pytest.Item]) -> None:
    """A test that is long and has many variants says with the mark ``small`` which of them are enough for every two
    properties to meet in one; the others are soak."""
    found: dict[str, set[str]] = defaultdict(set)
    named: dict[str, set[str]] = {}
    for item in items:
        mark = item.get_closest_marker("small")
        if mark is None or not isinstance(item, pytest.Function):
            continue
        test, variant = item.nodeid.partition("[")[0], item.callspec.id
        found[test].add(variant)
        named[test] = set(mark.args)
        if variant not in mark.args:
            item.add_marker(pytest.mark.soak)
    for test, variants in found.items():
        # Somebody may have asked for a few variants only; a name that never fits would move a whole test to soak.
        if len(variants) > len(named[test]) and not named[test] <= variants:
            raise pytest.UsageError(f"{test}: no such variants: {sorted(named[test] - variants)}")
