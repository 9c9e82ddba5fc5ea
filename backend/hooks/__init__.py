"""Outgoing webhooks (a later issue's room)."""
