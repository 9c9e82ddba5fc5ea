"""The text by which a task is found."""

from backend.kit.text import fold


def search_text(code: str, title: str, source_number: str, lead_name: str) -> str:
    """Folded: code, title, number of the source and who leads it."""
    return fold(f"{code} {title} {source_number} {lead_name}")
