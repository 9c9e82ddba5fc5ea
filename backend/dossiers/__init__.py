"""Dossiers of administrative procedures (a later issue's room)."""
