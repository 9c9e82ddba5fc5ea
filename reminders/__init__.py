"""What happens by itself: ticks look for due rows and call the same rules and services."""
