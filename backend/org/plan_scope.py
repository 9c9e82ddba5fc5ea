"""What an importer may touch: HR their own trees, and never the administrators; admins and the system everything."""

from backend.org.draft import DraftDelegation, Drafted, DraftLeave, DraftPerson, DraftPosition, DraftUnit
from backend.org.plan import Plan


def check_scope(plan: Plan) -> None:
    """Report every created or changed thing that the importer has no say over."""
    if plan.scope.paths is None:
        return
    for one in plan.draft.everything():
        if one.what in ("created", "changed"):
            _judge(plan, one)


def _judge(plan: Plan, one: Drafted) -> None:
    match one:
        case DraftUnit():
            _unit(plan, one)
        case DraftPerson() if one.id is not None:
            _person(plan, one)
        case DraftPosition():
            _position(plan, one)
        case DraftLeave():
            if not any(plan.scope.covers(post.unit) for post in plan.draft.lasting(one.person)):
                plan.issue("leaves", one.row, "person", "import_outside", value=one.person.handle)
        case DraftDelegation():
            if not plan.scope.covers(one.position.unit):
                plan.issue("delegations", one.row, "person", "import_outside", value=one.position.person.handle)


def _unit(plan: Plan, unit: DraftUnit) -> None:
    moved = "parent" in unit.changes
    new_place = unit.parent is not None and plan.scope.covers(unit.parent)
    if not plan.scope.covers(unit) or (moved and not new_place):
        plan.issue("units", unit.row, "code", "import_outside", value=unit.name)


def _person(plan: Plan, person: DraftPerson) -> None:
    """Somebody stored whose record is changed: every position they hold must be one the importer could give, or with
    nothing left, every one they ever held; for a changed record is a way into the account."""
    posts = [post for post in plan.draft.positions_of[id(person)] if post.id is not None]
    posts = [post for post in posts if post.lasts(plan.today)] or posts
    if not all(plan.scope.covers(post.unit) for post in posts):
        plan.issue("people", person.row, "full_name", "import_outside", value=person.handle)
    elif not all(plan.scope.covers(post.unit, post.role) for post in posts):
        plan.issue("people", person.row, "full_name", "import_needs_admin", value=person.full_name)


def _position(plan: Plan, position: DraftPosition) -> None:
    held = [post.unit for post in plan.draft.positions_of[id(position.person)] if post.id is not None]
    if not plan.scope.covers(position.unit):
        plan.issue("positions", position.row, "unit", "import_outside", value=position.unit.name)
    elif not plan.scope.covers(position.unit, position.role):
        plan.issue("positions", position.row, "role", "import_needs_admin", value=position.person.full_name)
    elif held and not any(plan.scope.covers(unit) for unit in held):
        plan.issue("positions", position.row, "person", "import_outside", value=position.person.handle)
