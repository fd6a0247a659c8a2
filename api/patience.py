"""A limit on waiting for the database, which holds for a server that is silent too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# psycopg asks the server to cancel what is cut off, and waits for that: up to 10 s where the server is silent.
_LET_GO_S = 0.25


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[Callable[[], None]]:
    """Raise TimeoutError after *seconds* of the body, or as soon as the function that is yielded is called."""
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + seconds
    async with asyncio.timeout_at(ends_at + _LET_GO_S) as last, asyncio.timeout_at(ends_at) as first:

        def give_up() -> None:
            if not first.expired():
                first.reschedule(loop.time())
                last.reschedule(loop.time() + _LET_GO_S)

        yield give_up
