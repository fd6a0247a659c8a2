"""FastAPI dependencies: reader, clock and its now, the parts of the service.

All are coroutines: plain functions would each take a trip through a thread.
"""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Request

from api.parts import Parts
from api.read.reader import Reader
from shared.clock import Clock


async def get_parts(request: Request) -> Parts:
    """Return what the lifespan built."""
    return cast("Parts", request.app.state.parts)


async def get_reader(request: Request) -> Reader:
    """Return the way to the database."""
    return (await get_parts(request)).reader


async def get_clock(request: Request) -> Clock:
    """Return the shared clock."""
    return (await get_parts(request)).clock


async def get_now(clock: Annotated[Clock, Depends(get_clock)]) -> datetime:
    """Return the domain instant of this request: every statement of an answer gets the same one."""
    return clock.now()


PartsDep = Annotated[Parts, Depends(get_parts)]
ReaderDep = Annotated[Reader, Depends(get_reader)]
ClockDep = Annotated[Clock, Depends(get_clock)]
Now = Annotated[datetime, Depends(get_now)]
