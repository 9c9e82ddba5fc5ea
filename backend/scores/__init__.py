"""Scores: the ledger, periods, what an officer lost and why."""

from backend.scores.routes import routes

__all__ = ["routes"]
