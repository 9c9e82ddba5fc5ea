"""Mouth and ear: sends what the outbox holds and turns presses and words into service calls."""
