"""How answers go out on the wire under `evenflow run`."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.servers import Server, serving

APP = """
import asyncio
import time
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
go_on = asyncio.Event()

@app.get("/small")
async def small():
    return {"hello": "world"}

@app.get("/stream")
async def stream():
    async def pieces():
        yield b"first"
        await go_on.wait()
        yield b"second"
    return StreamingResponse(pieces())

@app.get("/go-on")
async def go():
    go_on.set()

@app.get("/background")
async def background(tasks: BackgroundTasks):
    async def blocks():
        time.sleep(2)
    tasks.add_task(blocks)

@app.get("/big")
async def big():
    async def pieces():
        for _ in range(500):
            yield b"x" * 10_000
    return StreamingResponse(pieces())
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "wire.py").write_text(APP)
    with serving("run", "wire:app", cwd=tmp_path, answers="/small") as server:
        yield server


def ask(server: Server, path: str) -> socket.socket:
    client = socket.create_connection(server.address, timeout=10)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def test_head_and_body_arrive_in_one_piece(server: Server) -> None:
    with ask(server, "/small") as client:
        received = client.recv(65536)

    assert received.endswith(b'\r\n\r\n{"hello":"world"}')


def test_a_stream_is_not_held_back(server: Server) -> None:
    with ask(server, "/stream") as client:
        received = b""
        while b"first" not in received:
            received += client.recv(65536)
        assert b"second" not in received

        ask(server, "/go-on").close()
        while b"second" not in received:
            received += client.recv(65536)


@pytest.mark.slow
def test_an_answer_does_not_wait_for_what_the_app_does_after_it(server: Server) -> None:
    started = time.monotonic()
    with ask(server, "/background") as client:
        received = client.recv(65536)

    assert received.endswith(b"null")
    assert time.monotonic() - started < 1.5


def test_a_large_stream_arrives_whole(server: Server) -> None:
    with ask(server, "/big") as client:
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += client.recv(1 << 20)

    assert received.count(b"x") == 5_000_000


def test_requests_sent_at_once_are_answered_in_order(server: Server) -> None:
    with socket.create_connection(server.address, timeout=10) as client:
        client.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3)
        received = b""
        while received.count(b"world") < 3:
            received += client.recv(65536)

    assert received.count(b"HTTP/1.1 200") == 3
