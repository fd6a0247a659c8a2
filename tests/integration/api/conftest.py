"""What the tests of the API share."""

from tests.fixtures.api import anyio_backend, client, day, stored_day  # noqa: F401  the fixtures
