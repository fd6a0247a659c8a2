"""The version this service says it is."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("raceday")
except PackageNotFoundError:  # run from a tree that is not installed
    VERSION = "0"
