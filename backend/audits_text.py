"""The audit as lines for a person: how far behind each sweep is, what was compared, what is wrong."""

from collections import Counter
from collections.abc import Iterator

from backend.audits import Report
from backend.kit import i18n
from backend.kit.i18n import t
from backend.sweeps import DUE, Lag


def render(report: Report, locale: str, zone: str) -> list[str]:
    """Facts first, problems last, and the sum at the end."""
    return [*_facts(report, locale, zone), *_problems(report, locale), _sum(report, locale)]


def _facts(report: Report, locale: str, zone: str) -> Iterator[str]:
    for lag in report.sweeps:
        ended = _ended(lag, locale, zone)
        if lag.sweep in DUE:
            yield t(locale, "audit.sweep_line", sweep=lag.sweep, due=_due(lag, locale, zone), ended=ended)
        else:
            yield t(locale, "audit.sweep_ended", sweep=lag.sweep, ended=ended)
    for check, n in report.checks.items():
        yield t(locale, "audit.check_line", what=t(locale, f"audit.check.{check}"), n=n)
    for reason, n in report.reasons.items():
        yield t(locale, "audit.resting_line", why=t(locale, f"audit.reason.{reason}"), n=n)


def _due(lag: Lag, locale: str, zone: str) -> str:
    if lag.due_since is None:
        return t(locale, "audit.due_none")
    return t(locale, "audit.due_since", at=i18n.moment(locale, lag.due_since, zone), minutes=int(lag.lag_s // 60))


def _ended(lag: Lag, locale: str, zone: str) -> str:
    if lag.ended_at is None:
        return t(locale, "audit.ended_never")
    return t(locale, "audit.ended_at", at=i18n.moment(locale, lag.ended_at, zone))


def _problems(report: Report, locale: str) -> Iterator[str]:
    named = Counter(problem.code for problem in report.problems)
    for problem in report.problems:
        yield t(locale, f"audit.{problem.code}", **problem.params)
    for code, n in report.found.items():
        if n > named[code]:
            yield t(locale, "audit.more", code=code, n=n - named[code])


def _sum(report: Report, locale: str) -> str:
    return t(locale, "audit.compared", n=report.compared, problems=sum(report.found.values()))
