"""uvicorn's HTTP protocol, with a limit to what may come before a request is whole."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MOST_BYTES = 64 * 1024  # of a request's line and headers; h11 has the same limit, httptools none


class BoundedHttp(HttpToolsProtocol):
    """Refuses endless headers, which would fill the memory before anybody asks for a key."""

    _in_head, _head_bytes = True, 0

    def data_received(self, data: bytes) -> None:
        """Take in what came."""
        if self._in_head and self._head_bytes > _MOST_BYTES:
            self.send_400_response("The headers are too large.")
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Refuse in the one shape, and hang up."""
        body = b'{"error":"%s"}' % msg.encode()
        head = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\nconnection: close\r\n"
        self.transport.write(head + b"content-length: %d\r\n\r\n" % len(body) + body)
        self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Count no more."""
        self._in_head = False
        super().on_headers_complete()
