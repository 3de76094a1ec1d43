"""A small HTTP load: keep-alive connections that ask again as soon as they are answered.

It runs in a process of its own. It counts answers by their Content-Length and refuses any that is not 200.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from statistics import median, quantiles
from typing import Any, cast

import uvloop


class Client(asyncio.Protocol):
    def __init__(self, requests: list[bytes], latencies: list[float], until: float) -> None:
        self._requests = requests
        self._latencies = latencies
        self._until = until
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))

    def _ask(self) -> None:
        self._sent = time.perf_counter()
        if self._sent >= self._until:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._transport.write(random.choice(self._requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(head.decode()))
            return
        length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
        if len(body) >= length:
            self._buffer = body[length:]
            self._latencies.append(time.perf_counter() - self._sent)
            self._ask()


async def main(port: int, path: str, clients: int, seconds: float) -> dict[str, Any]:
    requests = [
        f"GET {path.format(id=number)} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n".encode()
        for number in range(1, 21)
    ]
    loop = asyncio.get_running_loop()
    latencies: list[float] = []
    started = time.perf_counter()
    made = [
        await loop.create_connection(lambda: Client(requests, latencies, started + seconds), "127.0.0.1", port)
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    return {
        "count": len(latencies),
        "seconds": time.perf_counter() - started,
        "p50_ms": median(latencies) * 1e3,
        "p99_ms": quantiles(latencies, n=100)[-1] * 1e3,
    }


def load(port: int, path: str, clients: int, seconds: float) -> dict[str, Any]:
    words = [str(port), path, str(clients), str(seconds)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.http_load", *words], capture_output=True, text=True, timeout=seconds + 30
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    port, path, clients, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(main(int(port), path, int(clients), float(seconds)))))
