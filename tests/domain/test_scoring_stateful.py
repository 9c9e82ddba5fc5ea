"""Scores as a machine that anything may happen to: whatever the order, they sum exactly and only what may move them does."""

import random
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from backend.domain.scoring import Instance, InstanceKind, Product, Results, RuleSet, band, results
from tests.fakes import vn

pytestmark = pytest.mark.one_database

PEOPLE = ("an", "binh", "cuong")
SETS = (
    RuleSet(code="each", version=1, name="x"),
    RuleSet(code="flat", version=1, name="x", delay_reading="first_then_zero"),
    RuleSet(code="once", version=1, name="x", delay_reading="once", floor="1/8"),
)
people = st.sampled_from(PEOPLE)
kinds = st.sampled_from(["delay", "further_delay", "major_error"])
weights = st.sampled_from(["1", "2", "1/2", "3", "5/4"])


class Ledger(RuleBasedStateMachine):
    """Three people whose products are assigned, finished, charged and waived in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.work: dict[str, list[Product]] = {name: [] for name in PEOPLE}
        self.entries = 0

    def scores(self) -> dict[tuple[str, str], Results | None]:
        return {(name, rules.code): results(self.work[name], rules) for name in PEOPLE for rules in SETS}

    def _change(
        self, person: str, number: int, change: Callable[[Product], Product], allowed: Callable[[Fraction], bool]
    ) -> None:
        """Change one product of a person; ``allowed`` judges how their points moved. Nobody else's may move at all."""
        before = self.scores()
        number %= len(self.work[person])
        self.work[person][number] = change(self.work[person][number])
        for key, after in self.scores().items():
            was = before[key]
            if key[0] != person:
                assert after == was, "somebody's score changed by another's event"
            elif was is not None and after is not None:
                assert allowed(after.points - was.points)

    @rule(person=people, weight=weights)
    def assign(self, person: str, weight: str) -> None:
        before = self.scores()
        self.work[person].append(Product(Fraction(weight), completed=False))
        assert all(found == before[key] for key, found in self.scores().items() if key[0] != person)

    def _has_work(self) -> bool:
        return all(self.work.values())

    @precondition(_has_work)
    @rule(person=people, number=st.integers(0, 9))
    def complete(self, person: str, number: int) -> None:
        self._change(person, number, lambda one: msgspec.structs.replace(one, completed=True), lambda moved: moved >= 0)

    @precondition(_has_work)
    @rule(person=people, number=st.integers(0, 9), kind=kinds, day=st.integers(0, 40))
    def charge(self, person: str, number: int, kind: InstanceKind, day: int) -> None:
        """An instance comes to be, perhaps earlier than others that were written before it."""
        self.entries += 1
        made = Instance(self.entries, kind, vn("2026-12-01 08:00") + timedelta(days=day))
        self._change(
            person,
            number,
            lambda one: msgspec.structs.replace(one, instances=(*one.instances, made)),
            lambda moved: moved <= 0,
        )

    @precondition(_has_work)
    @rule(person=people, number=st.integers(0, 9), which=st.integers(0, 9))
    def waive(self, person: str, number: int, which: int) -> None:
        def waived(one: Product) -> Product:
            found = list(one.instances)
            if found:
                found[which % len(found)] = msgspec.structs.replace(found[which % len(found)], waived=True)
            return msgspec.structs.replace(one, instances=tuple(found))

        self._change(person, number, waived, lambda moved: moved >= 0)

    @invariant()
    def every_point_lost_has_a_cause(self) -> None:
        for (_, code), found in self.scores().items():
            if found is None:
                continue
            rules = next(one for one in SETS if one.code == code)
            assert rules.results_max - found.points == sum(loss.points for loss in found.losses)
            assert 0 <= found.points <= rules.results_max
            assert band(30 + found.points, rules) in ("excellent", "good", "fulfilled", "failed")

    @invariant()
    def the_order_in_which_things_were_written_is_nothing(self) -> None:
        for name, work in self.work.items():
            shuffled = list(work)
            random.Random(self.entries).shuffle(shuffled)
            turned = [msgspec.structs.replace(one, instances=tuple(reversed(one.instances))) for one in shuffled]
            for rules in SETS:
                one, other = results(work, rules), results(turned, rules)
                assert (one.points if one else None) == (other.points if other else None), name


Ledger.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedger = Ledger.TestCase
