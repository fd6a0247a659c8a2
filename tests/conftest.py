"""Fixtures for every kind of test."""

pytest_plugins = ["tests.fixtures.database"]
