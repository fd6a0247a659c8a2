"""The read-only service."""
