"""What the trees of a file hold and the file does not name: listed, and closed when that was asked for."""

from datetime import timedelta

from backend.org.draft import DraftPerson, DraftPosition
from backend.org.plan import Missing, Plan


def find_missing(plan: Plan, close: bool) -> None:
    """List people, positions and units in force that the file's sheets leave out; with ``close``, end them yesterday.

    Only the trees that the file speaks of are looked at, so that the file of one office never closes another's people.
    Closing leaves out the importer themself and whoever they have no say over.
    """
    trees = _trees(plan)
    if plan.office.people is not None:
        for person in plan.draft.people:
            _person(plan, person, trees, close)
    if plan.office.positions is not None:
        for position in plan.draft.positions:
            _position(plan, position, trees, close)
    if plan.office.units is not None:
        _units(plan, trees, close)


def _trees(plan: Plan) -> set[str]:
    """Codes of the roots above everything the file names."""
    named = {id(unit): unit for unit in plan.draft.units.values() if unit.row}
    named.update({id(position.unit): position.unit for position in plan.draft.positions if position.row})
    trees = {unit.root.code for unit in named.values()}
    if not trees:
        trees.update(*(plan.draft.roots(person) for person in plan.draft.people if person.row))
    return trees


def _person(plan: Plan, person: DraftPerson, trees: set[str], close: bool) -> None:
    if person.row or not person.active(plan.today):
        return
    posts = plan.draft.lasting(person)
    if not posts or not {post.unit.root.code for post in posts} <= trees:
        return
    covered = all(plan.scope.covers(post.unit, post.role) for post in posts)
    if close and covered and person.id != plan.scope.person_id:
        person.before = person.fields()
        person.until_on = plan.today - timedelta(days=1)
        person.closing = True
        for post in posts:
            _end(plan, post)
    plan.missing.append(Missing("person", person.handle, person.full_name, person.closing))


def _position(plan: Plan, position: DraftPosition, trees: set[str], close: bool) -> None:
    # Somebody missing was listed already, with all they hold.
    person = position.person
    somebody_missing = plan.office.people is not None and not person.row
    if position.row or position.closing or somebody_missing or not position.lasts(plan.today):
        return
    if position.unit.root.code not in trees:
        return
    if close and plan.scope.covers(position.unit, position.role) and person.id != plan.scope.person_id:
        _end(plan, position)
    ref = f"{person.handle} @ {position.unit.code}"
    plan.missing.append(Missing("position", ref, f"{position.title}, {position.unit.name}", position.closing))


def _end(plan: Plan, position: DraftPosition) -> None:
    position.before = position.fields()
    position.until_on = plan.today - timedelta(days=1)
    position.closing = True


def _units(plan: Plan, trees: set[str], close: bool) -> None:
    """A unit closes only when nobody is left in it and nothing open hangs below; so the deepest come first."""
    used = {id(post.unit) for post in plan.draft.positions if not post.closing and post.lasts(plan.today)}
    for unit in sorted(plan.draft.units.values(), key=lambda unit: -len(list(unit.line()))):
        if unit.closed_on is not None:
            continue
        missing = not unit.row and unit.root.code in trees
        if missing and close and plan.scope.covers(unit) and id(unit) not in used:
            unit.before = unit.fields()
            unit.closed_on = plan.today
            unit.closing = True
        elif unit.parent is not None:
            used.add(id(unit.parent))
        if missing:
            plan.missing.append(Missing("unit", unit.code, unit.name, unit.closing))
