"""A finished answer: its bytes, plain and gzipped, and the headers that go with them."""

import os
from dataclasses import dataclass, field

from starlette.responses import Response

from api.caching import CACHE_CONTROL, Kind, accepts_gzip, compressed, is_known

RawHeaders = list[tuple[bytes, bytes]]

BOOT = os.urandom(6).hex()  # tags of another process, which counts its builds from one again, never match
_COMPRESSED_FROM = 1024


@dataclass(slots=True)
class Served:
    """An answer as it is served within one second; the gzipped form is made when first asked for."""

    body: bytes
    etag: str
    kind: Kind
    _packed: bytes | None = None
    _headers: RawHeaders = field(default_factory=list)

    def __post_init__(self) -> None:
        self._headers = [
            (b"content-type", b"application/json"),
            (b"etag", self.etag.encode()),
            (b"cache-control", CACHE_CONTROL[self.kind].encode()),
            (b"vary", b"Accept-Encoding"),
        ]

    def raw(self, accept_encoding: str, if_none_match: str | None) -> tuple[int, RawHeaders, bytes]:
        """Return status, headers and body for a client that takes and has these."""
        if if_none_match is not None and is_known(if_none_match, self.etag):
            return 304, self._headers[1:], b""
        if len(self.body) < _COMPRESSED_FROM or not accepts_gzip(accept_encoding):
            return 200, [*self._headers, (b"content-length", b"%d" % len(self.body))], self.body
        if self._packed is None:
            self._packed = compressed(self.body)
        packed = self._packed
        return 200, [*self._headers, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(packed))], packed

    def response(self, accept_encoding: str, if_none_match: str | None) -> Response:
        """Return the same as an object for a route to return."""
        status, headers, body = self.raw(accept_encoding, if_none_match)
        response = Response(status_code=status)
        response.body, response.raw_headers = body, headers
        return response
