"""An HTTP load that costs less than the servers it is put on: one request, over and over.

It runs in a process of its own. An answer with another status line than the first, or of another length, is refused.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import sys
import time
from statistics import median, quantiles

# Only the standard library is imported here: it is started for every turn.

WARM = 4
"""Requests on each connection before anything is counted: for threads to be started and caches to be filled."""


class Load:
    """Connections that ask again as soon as they are answered."""

    def __init__(self, port: int, request: bytes, clients: int) -> None:
        first = answer_to(port, request)
        self._status, self._length = first.partition(b"\r\n")[0], len(first)
        self._request = request
        self._poll = select.epoll()
        made = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(clients)]
        self._connections = {connection.fileno(): connection for connection in made}
        for connection in made:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(connection, select.EPOLLIN)
        self._parts = dict.fromkeys(self._connections, 0)
        self._buffer = bytearray(262_144)

    def turn(self, until: float, latencies: list[float], most: int = sys.maxsize) -> None:
        """Each connection asks until the time is up, or for `most` answers."""
        clock, request, connections = time.perf_counter, self._request, self._connections
        left = dict.fromkeys(connections, most)
        asked = {}
        for number, connection in connections.items():
            asked[number] = clock()
            connection.send(request)
        while left:
            ready = self._poll.poll(20)
            if not ready:
                raise SystemExit("there was no answer in 20 seconds")
            for number, _ in ready:
                if not self._answered(number):
                    continue
                now = clock()
                latencies.append(now - asked[number])
                left[number] -= 1
                if now >= until or not left[number]:
                    del left[number]
                else:
                    asked[number] = now
                    connections[number].send(request)

    def _answered(self, number: int) -> bool:
        """Takes what has arrived; says whether the answer is whole."""
        got = self._connections[number].recv_into(self._buffer)
        before = self._parts[number]
        if not got or (not before and not self._buffer.startswith(self._status)) or before + got > self._length:
            raise SystemExit(f"another answer than the first: {bytes(self._buffer[:got])[:500]!r}")
        self._parts[number] = (before + got) % self._length
        return before + got == self._length


def answer_to(port: int, request: bytes) -> bytes:
    """One answer, head and body."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        data = b""
        while True:
            more = connection.recv(65_536)
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
            head, found, body = data.partition(b"\r\n\r\n")
            if found and len(body) >= int(head.lower().partition(b"content-length:")[2].split(None, 1)[0]):
                return data


def main(port: int, request: bytes, clients: int, seconds: float) -> None:
    load = Load(port, request, clients)
    latencies: list[float] = []
    gc.disable()
    load.turn(float("inf"), latencies, WARM)
    latencies.clear()
    print("warm", flush=True)
    sys.stdin.readline()
    started = time.perf_counter()
    load.turn(started + seconds, latencies)
    found = {
        "count": len(latencies),
        "seconds": time.perf_counter() - started,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3,
    }
    print(json.dumps(found), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    asked = json.loads(sys.stdin.readline()).encode("latin-1")
    main(int(sys.argv[1]), asked, int(sys.argv[2]), float(sys.argv[3]))
