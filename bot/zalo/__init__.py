"""The Zalo channel: our own client of the Bot Platform."""
