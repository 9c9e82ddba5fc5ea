"""The e-mail channel: sign-in links, and the way to somebody whose chat cannot be reached."""
