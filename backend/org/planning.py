"""Laying an organisation file over what is stored: the order of the steps."""

from datetime import date

from backend.org.plan import Plan, Scope
from backend.org.plan_absences import lay_delegations, lay_leaves
from backend.org.plan_missing import find_missing
from backend.org.plan_people import lay_people
from backend.org.plan_positions import check_chiefs, check_overseers, lay_positions
from backend.org.plan_scope import check_scope
from backend.org.plan_units import lay_units
from backend.org.rules import Office
from backend.org.sheets import Issue
from backend.org.stored import Stored


def make_plan(
    stored: Stored, office: Office, today: date, scope: Scope, close_missing: bool, issues: list[Issue]
) -> Plan:
    """The office after this file. Everything wrong with the file is in ``issues`` afterwards; a plan with issues must
    not be carried out."""
    plan = Plan(stored, office, today, scope, issues)
    lay_people(plan)
    lay_units(plan)
    lay_positions(plan)
    find_missing(plan, close_missing)
    check_chiefs(plan)
    check_overseers(plan)
    lay_leaves(plan)
    lay_delegations(plan)
    plan.draft.settle()
    check_scope(plan)
    return plan
