"""Pure rules: the standard library and msgspec only; never awaits, never asks the time, never sees a table."""
