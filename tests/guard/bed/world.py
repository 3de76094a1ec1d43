"""What the depot finds outside of itself: files, a slow HTTP server, a slow mail server, a slow scale.

`python -m tests.guard.bed.world FOLDER` serves until its standard input ends, and prints the environment for the app.
The servers are in a process of their own, so that their threads are none of the app's.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).parents[3]
AMOUNTS = {
    "manifest": (2_000, 5_000_000),
    "scans": (20_000, 1_900_000),
    "snapshot": (2_000, 60_000),
    "invoices": (2_000, 120_000),
    "badge": (40_000, 300_000_000),
    "folder": (200, 25_000),
    "year": (8_000, 400_000),
}
"""How much each file holds: lines, entries, bytes; small and big."""


def furnish(folder: Path) -> None:
    """Write the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = "".join("<tr><td>{{ parcel }}</td><td>{{ parcel % 7 }}</td><td>{{ loop.index }}</td></tr>" for _ in range(1))
    (folder / "label.html").write_text(f"{{% for parcel in parcels %}}{rows}{{% endfor %}}")
    for which, size in enumerate(("small", "big")):
        amount = {name: amounts[which] for name, amounts in AMOUNTS.items()}
        (folder / f"manifest-{size}.txt").write_text("Paket für Zoë\n" * amount["manifest"])
        lines = ("error 7\n" if line % 50 == 0 else "scanned\n" for line in range(amount["scans"]))
        (folder / f"scans-{size}.log").write_text("".join(lines))
        parcels = [{"id": n, "labels": ["fragile"], "weight": n / 7} for n in range(amount["snapshot"])]
        (folder / f"snapshot-{size}.json").write_text(json.dumps(parcels))
        invoices = "".join(f"{n},customer {n},{n * 3}.50\n" for n in range(amount["invoices"]))
        (folder / f"invoices-{size}.csv").write_text("number,customer,sum\n" + invoices)
        with (folder / f"badge-{size}.png").open("wb") as badge:
            badge.truncate(amount["badge"])
        (folder / f"scans-{size}").mkdir(exist_ok=True)
        for number in range(amount["folder"]):
            (folder / f"scans-{size}" / f"{number}.scan").touch()
        (folder / f"year-{size}").mkdir(exist_ok=True)
        (folder / f"year-{size}" / "bookings.txt").write_text(str([n * 7919 % 10007 for n in range(amount["year"])]))


@contextmanager
def world(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of the app, while all of it is there."""
    command = [sys.executable, "-m", "tests.guard.bed.world", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait(10)


async def _answer_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while request := (await reader.readline()).decode():
            length = 0
            while (line := (await reader.readline()).decode().strip()) != "":
                if line.lower().startswith("content-length:"):
                    length = int(line.partition(":")[2])
            await reader.readexactly(length)
            asked = parse_qs(urlsplit(request.split()[1]).query)
            await asyncio.sleep(float(asked.get("seconds", ["0"])[0]))
            body = b'{"rate": 1.5}'
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body))
            writer.write(body)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _take_mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 depot\r\n")
    in_message = False
    try:
        while line := (await reader.readline()).decode():
            word = line[:4].strip().upper()
            if in_message:
                in_message = line.strip() != "."
                if in_message:
                    continue
                answer = "250 taken"
            elif word == "MAIL":
                await asyncio.sleep(0.2 if "big@" in line else 0.02)
                answer = "250 from"
            elif word == "DATA":
                in_message, answer = True, "354 go on"
            elif word == "QUIT":
                answer = "221 bye"
            else:
                answer = "250 well"
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def _weigh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    duration = (await reader.readline()).decode()
    await asyncio.sleep(float(duration or 0))
    writer.write(b"12.5")
    writer.close()


async def _serve(folder: Path) -> None:
    ports = []
    for answer in (_answer_http, _take_mail, _weigh):
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ports.append(str(server.sockets[0].getsockname()[1]))
    environment = {
        "DEPOT_FOLDER": str(folder),
        "DEPOT_UPSTREAM": f"http://127.0.0.1:{ports[0]}",
        "DEPOT_SMTP": ports[1],
        "DEPOT_SCALE": ports[2],
        "DEPOT_POSTGRES": os.environ.get("EVENFLOW_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres"),
    }
    print(json.dumps(environment), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    os._exit(0)  # without asking those who still hold a connection


if __name__ == "__main__":
    target = Path(sys.argv[1])
    furnish(target)
    asyncio.run(_serve(target))
