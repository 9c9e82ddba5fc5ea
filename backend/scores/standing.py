"""How far the sign-off of a period is: which step of whom is whose turn, until when, and what it waits for."""

from collections.abc import Iterable
from datetime import datetime

from backend.calendars.queries import Calendars, calendars
from backend.domain import signing
from backend.domain.scoring_periods import PeriodSpan
from backend.domain.signing import Step
from backend.kit import clock
from backend.kit.db import Sql
from backend.org.queries import person_brief
from backend.org.queries_units import UnitRow
from backend.scores import marks, people, reserves, sign_offs
from backend.scores.keepers import Keepers
from backend.scores.lines import Lines
from backend.scores.marks import DECIDING, HEAD, SELF
from backend.scores.people import Holder, Holders
from backend.scores.schemas_signing import Owed
from backend.scores.sign_offs import Subject, Taken


class Office:
    """The sign-off of some people (with everybody in their charge) or of all; asking it costs no query."""

    def __init__(self, period: PeriodSpan) -> None:
        self.period = period
        self.holders: Holders = {}
        self.taken: dict[Subject, dict[Step, Taken]] = {}
        self.lines = Lines([], {})
        self.keepers = Keepers([])
        self.calendars = Calendars({})
        self.left: set[int] = set()
        self._charges: dict[int, list[str]] = {}
        self._below: dict[int, list[int]] = {}
        self._tree: people.Tree | None = None

    @classmethod
    async def load(cls, period: PeriodSpan, ids: Iterable[int] | None = None) -> "Office":
        office = cls(period)
        office.holders = await people.holders(period, people=ids)
        office._charges = {
            person_id: await people.charge_of(seats)
            for person_id, seats in office.holders.items()
            if people.is_leader(seats)
        }
        paths = sorted({path for charge in office._charges.values() for path in charge})
        if ids is not None and paths:
            inside = await people.holders(period, paths=paths)
            office.holders |= await people.holders(period, people=inside)
        office.taken = await sign_offs.of_period(period.key, None if ids is None else office.holders)
        office.lines, office.keepers, office.calendars = await Lines.load(), await Keepers.load(), await calendars()
        rows = await Sql().rows("select id from person where left_at is not null")
        office.left = {int(row["id"]) for row in rows}
        return office

    def wanted(self, person_id: int) -> dict[Step, list[int]]:
        """The steps that a person's period needs, in order, each with those whose turn it is. Whoever has left assesses
        nobody, not even themselves; with one leader above there is no head between; with none, HR signs, and for an only
        HR the admin."""
        seats = self.holders[person_id]
        line = self.lines.over(person_id, seats[0].unit_id)
        found: dict[Step, list[int]] = {} if person_id in self.left else {"self": [person_id]}
        if len(line) > 1:
            found["head"] = [line[0]]
        found["leader"] = [line[len(line) > 1]] if line else self._at_the_top(seats)
        return found

    def _at_the_top(self, seats: list[Holder]) -> list[int]:
        return self.keepers.of(seats[0].path, but={seats[0].person_id}) or self.admins(seats[0].person_id)

    def admins(self, person_id: int) -> list[int]:
        """The admins who sign for a person when nobody else can."""
        return reserves.last_resort(self.keepers, self.lines, self.holders.get(person_id, []))

    def step(self, person_id: int) -> Step | None:
        """The step whose turn it is."""
        return signing.current(self.wanted(person_id), self.of_person(person_id))

    def of_person(self, person_id: int) -> dict[Step, Taken]:
        return self.taken.get(("person", person_id), {})

    def below(self, person_id: int) -> list[int]:
        """Those on whose bands a leader's own score depends; of two who each sit below the other, neither."""
        if person_id not in self._below:
            mine = self._in_charge_of(person_id)
            self._below[person_id] = [one for one in mine if person_id not in self._in_charge_of(one)]
        return self._below[person_id]

    def _in_charge_of(self, person_id: int) -> list[int]:
        charge = self._charges.get(person_id)
        if not charge:
            return []
        self._tree = self._tree or people.Tree(self.holders)
        return self._tree.below(self.holders[person_id], charge)

    def waits_for(self, person_id: int, assessed: set[int]) -> list[int]:
        """Those below a leader who must be signed off before the leader is."""
        return [one for one in self.below(person_id) if one in assessed and "leader" not in self.of_person(one)]

    def due(self, person_id: int, step: Step) -> datetime:
        """Until when the step is to be taken."""
        taken = self.of_person(person_id)
        before = [one.signed_at for name, one in taken.items() if signing.STEPS.index(name) < signing.STEPS.index(step)]
        if step == "leader":
            signed = (self.of_person(one).get("leader") for one in self.below(person_id))
            before += [one.signed_at for one in signed if one is not None]
        calendar = self.calendars.of(self.holders[person_id][0].path)
        return signing.due_at(step, self.period.end, max(before, default=None), calendar)

    def unit_waits_for(self, unit: UnitRow, units: list[UnitRow]) -> list[UnitRow]:
        """Assessed units below that must be signed off first."""
        return [
            one
            for one in units
            if one.id != unit.id and one.path.startswith(unit.path) and ("unit", one.id) not in self.taken
        ]

    def path_of(self, subject: str, id_: int) -> str:
        """Where a person or a unit sits."""
        if subject == "person":
            return self.holders[id_][0].path
        return self.lines.path(id_)

    def above(self, subject: str, id_: int, holders: list[int]) -> list[int]:
        """Up the line from those whose turn it is, nearest first, then HR; without themselves."""
        whose, unit_id = (id_, self.holders[id_][0].unit_id) if subject == "person" else (0, id_)
        line = self.lines.over(whose, unit_id)
        last = max((line.index(one) for one in holders if one in line), default=-1)
        up = [*line[last + 1 :], *self.keepers.of(self.path_of(subject, id_))]
        return [one for one in dict.fromkeys(up) if one not in holders and (subject == "unit" or one != id_)]

    def unit_holders(self, unit: UnitRow) -> list[int]:
        """Whose turn it is to sign a unit: the leader above, at the top HR."""
        above = self.lines.over_unit(unit.id)
        return self.keepers.of(unit.path) if above is None else [above]


async def owed(office: Office, assessed: set[int], units: list[UnitRow]) -> list[Owed]:
    """Every step that is somebody's turn, of these assessed people and units, soonest limit first."""
    now = clock.now()
    todo = [(person_id, step) for person_id in sorted(assessed) if (step := office.step(person_id)) is not None]
    open_units = [unit for unit in units if ("unit", unit.id) not in office.taken]
    holders = {person_id: office.wanted(person_id)[step] for person_id, step in todo}
    turns = [*holders.values(), *(office.unit_holders(unit) for unit in open_units)]
    names = {key: one.name for key, one in (await person_brief({one for turn in turns for one in turn})).items()}
    given = await marks.of_people(office.period.key, [person_id for person_id, _ in todo])

    def mark(person_id: int, level: str) -> str | None:
        value = given.get((person_id, "common", level))
        return None if value is None else f"{value.normalize():f}"

    found = []
    for person_id, step in todo:
        seat, due, turn = office.holders[person_id][0], office.due(person_id, step), holders[person_id]
        found.append(
            Owed(
                subject="person",
                id=person_id,
                ref=seat.handle,
                name=seat.name,
                unit_code=seat.unit_code,
                unit_name=seat.unit_name,
                step=step,
                holder_ids=turn,
                holders=[names[one] for one in turn if one in names],
                due_at=due,
                overdue=due < now,
                waits=step == "leader" and bool(office.waits_for(person_id, assessed)),
                self_value=mark(person_id, SELF),
                head_value=mark(person_id, DECIDING) or mark(person_id, HEAD),
            )
        )
    for unit in open_units:
        turn = office.unit_holders(unit)
        due = signing.due_at("leader", office.period.end, None, office.calendars.of(unit.path))
        found.append(
            Owed(
                subject="unit",
                id=unit.id,
                ref=unit.code,
                name=unit.name,
                unit_code=unit.code,
                unit_name=unit.name,
                step="leader",
                holder_ids=turn,
                holders=[names[one] for one in turn if one in names],
                due_at=due,
                overdue=due < now,
                waits=bool(office.unit_waits_for(unit, units)),
            )
        )
    return sorted(found, key=lambda one: (one.due_at, one.subject, one.name, one.id))
