"""A loopback stand-in for the Telegram Bot API, used by tests and by the phone simulator page."""
