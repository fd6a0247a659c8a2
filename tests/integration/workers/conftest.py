"""What the tests of the workers share."""

from tests.fixtures.store import store  # noqa: E402, F401  the fixture
