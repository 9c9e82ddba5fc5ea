"""The organisation: units, people, positions, delegations, leave, import."""

from backend.org.routes import routes

__all__ = ["routes"]
