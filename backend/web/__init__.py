"""Pages: server-rendered forms first, the modern browser platform after."""

from backend.web.pages import reference_pages, routes
from backend.web.problem import problem_page

__all__ = ["problem_page", "reference_pages", "routes"]
