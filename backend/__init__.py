"""The product: people, tasks, dossiers, calendars, scores. It knows neither a bot nor a scheduler."""

__version__ = "0.1.0"
