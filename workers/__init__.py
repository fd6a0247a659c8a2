"""The headless service: fetch, parse, transform, write, notify."""
