"""The Telegram channel; the only folder that speaks aiogram, imported lazily."""
