"""Reads a response's body: bounded in size, unpacked by us so that a gzip bomb is cut at the limit."""

import zlib
from collections.abc import Iterator

import requests

MAX_BYTES = 16 * 1024 * 1024  # unpacked
CHUNK = 64 * 1024
GZIP = 31  # zlib's number for a gzip header


class TooLargeError(Exception):
    """The body passes the limit."""


class BrokenBodyError(Exception):
    """The body ends early or its packing is damaged."""


def read_body(response: requests.Response, body: bytearray, limit: int = MAX_BYTES) -> int:
    """Unpack into *body* and return the bytes on the wire; urllib3's errors come through as they are.

    Whatever breaks, *body* holds what had come until then.
    """
    wire = _Counted(response.raw.stream(CHUNK, decode_content=False), limit)
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if packing in {"gzip", "x-gzip"}:
        pieces = _gunzip(wire)
    elif packing in {"", "identity"}:
        pieces = iter(wire)
    else:
        raise BrokenBodyError("packed in a way that was not asked for")
    for piece in pieces:
        body += piece
        if len(body) > limit:
            raise TooLargeError
    return wire.size


class _Counted:
    def __init__(self, chunks: Iterator[bytes], limit: int) -> None:
        self._chunks, self._limit, self.size = chunks, limit, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._limit:
                raise TooLargeError
            yield chunk


def _gunzip(chunks: _Counted) -> Iterator[bytes]:
    """Yield pieces of at most CHUNK bytes, through as many gzip members as there are."""
    member = zlib.decompressobj(GZIP)
    begun = False
    for chunk in chunks:
        packed = chunk
        while packed:
            begun = True
            try:
                yield member.decompress(packed, CHUNK)
            except zlib.error as error:
                raise BrokenBodyError("the gzip is damaged") from error
            packed = member.unconsumed_tail
            if member.eof:
                packed, member, begun = member.unused_data, zlib.decompressobj(GZIP), False
    if begun:
        raise BrokenBodyError("the gzip is cut off")
