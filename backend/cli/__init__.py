"""The command line: every command reads settings, opens the database and calls the services that pages call."""
