"""What the tests of the workers share."""

from tests.fixtures.store import store  # noqa: F401  the fixture
