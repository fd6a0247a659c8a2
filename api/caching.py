"""Cache-Control and ETag by kind of answer: live, today, past; 304 and gzip."""

import re
import zlib
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Literal

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from shared.clock import racing_day

Kind = Literal["live", "today", "past"]

CACHE_CONTROL: dict[Kind, str] = {
    "live": "private, no-cache",
    "today": "private, max-age=15, must-revalidate",
    "past": "private, max-age=3600",
}
_COMPRESSED_FROM = 1024
_AGE = re.compile(rb'"age_seconds":(?:\d+|null)')


def kind_of(day: date, now: datetime, *, live: bool = False) -> Kind:
    """Return how long an answer about racing day *day* may be kept."""
    if live:
        return "live"
    return "past" if day < racing_day(now) else "today"


@lru_cache(maxsize=128)
def adapter_of(shape: Any) -> TypeAdapter[Any]:
    """Return the one serializer of a wire type."""
    return TypeAdapter(shape)


def encode(shape: Any, value: Any) -> bytes:
    """Return *value*, rows or a mapping, as JSON of the wire type *shape*; every key and type is checked."""
    adapter = adapter_of(shape)
    return adapter.dump_json(adapter.validate_python(value))


def etag_of(body: bytes, served_at: datetime | None = None) -> str:
    """Return a weak tag of *body* that stays while nothing but the age and the serving time moves.

    A 304 thus says: the same data of the same poll; the age goes on from `last_polled_at`.
    """
    basis = _AGE.sub(b"", body)
    if served_at is not None:
        basis = basis.replace(b'"timestamp":' + encode(datetime, served_at), b"", 1)
    return f'W/"{blake2b(basis, digest_size=12).hexdigest()}"'


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip."""
    for part in accept_encoding.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() in {"gzip", "*"}:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def is_known(if_none_match: str, etag: str) -> bool:
    """Whether the client has this answer already (weak comparison)."""
    bare = etag.removeprefix("W/")
    return any(tag.strip().removeprefix("W/") in {bare, "*"} for tag in if_none_match.split(","))


def compressed(body: bytes) -> bytes:
    """Return *body* gzipped, quickly: time matters more here than the last tenth of its size."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def answer(request: Request, shape: Any, value: Any, kind: Kind, *, served_at: datetime | None = None) -> Response:
    """Return *value* as JSON of *shape* with its cache headers, or 304. *served_at* is a `timestamp` inside it."""
    return answer_with(request, encode(shape, value), kind, served_at=served_at)


def answer_with(request: Request, body: bytes, kind: Kind, *, served_at: datetime | None = None) -> Response:
    """Return JSON that is encoded already with its cache headers, or 304."""
    etag = etag_of(body, served_at)
    headers = {"ETag": etag, "Cache-Control": CACHE_CONTROL[kind], "Vary": "Accept-Encoding"}
    known = request.headers.get("if-none-match")
    if known is not None and is_known(known, etag):
        return Response(status_code=304, headers=headers)
    if len(body) >= _COMPRESSED_FROM and accepts_gzip(request.headers.get("accept-encoding", "")):
        body = compressed(body)
        headers["Content-Encoding"] = "gzip"
    return Response(body, headers=headers, media_type="application/json")
