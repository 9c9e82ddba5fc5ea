"""Written by `tortoise makemigrations`, read by a human before it is committed. Additive only (docs/adr)."""
