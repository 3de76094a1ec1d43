"""uvicorn's HTTP protocol, with the head and the body of an answer in one piece on the wire.

An ASGI app sends the two apart, and uvicorn writes each as it comes: two system calls and two packets for an answer
of a hundred bytes.
"""

from __future__ import annotations

import asyncio
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING or find_spec("httptools"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol as UvicornProtocol
else:
    from uvicorn.protocols.http.h11_impl import H11Protocol as UvicornProtocol

_AT_MOST = 65_536
"""Bytes that wait for the end of the loop's turn; more than that goes out at once."""


class Gathering:
    """A transport that writes what one turn of the loop gives it in one piece. All else is the transport's own.

    uvicorn's protocols write with `write()` only, so `writelines()` and `write_eof()` are left out.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._pieces: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        """Keep `data` until the loop's turn ends."""
        # hot: bench_article, a system call less for each answer
        if not self._pieces:
            self._loop.call_soon(self.flush)
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _AT_MOST:
            self.flush()

    def flush(self) -> None:
        """Write what was kept."""
        if self._pieces:
            pieces, self._pieces, self._size = self._pieces, [], 0
            self._transport.write(pieces[0] if len(pieces) == 1 else b"".join(pieces))

    def close(self) -> None:
        """Write what was kept, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once; what was kept is dropped, as the transport drops its own."""
        self._pieces, self._size = [], 0
        self._transport.abort()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Write what was kept, then change hands."""
        self.flush()
        self._transport.set_protocol(protocol)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class HttpProtocol(UvicornProtocol):
    """uvicorn's protocol on a gathering transport."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        gathering = Gathering(cast("asyncio.Transport", transport), asyncio.get_running_loop())
        super().connection_made(cast("asyncio.Transport", gathering))

    def on_response_complete(self) -> None:
        """An answer is whole: it goes out now, whatever the app does next, such as its background tasks."""
        cast("Gathering", self.transport).flush()
        super().on_response_complete()
