"""Conversations: one file each, every handler is (message, ctx) -> Reply. `routes.py` says which message goes where."""
