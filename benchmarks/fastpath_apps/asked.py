"""What every side is asked, and what it has to answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.fastpath_apps.items import ITEMS


@dataclass(frozen=True)
class Asked:
    """A request, and the JSON that answers it."""

    name: str
    method: str
    path: str
    answer: Any
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    status: int = 200
    not_on: Sequence[str] = ()
    """Sides that have nothing which does the same work."""

    @property
    def sent(self) -> dict[str, str]:
        """The headers, in the order they are sent."""
        length = {"content-length": str(len(self.body))} if self.body else {}
        return {"host": "localhost", "accept": "*/*", **self.headers, **length}

    @property
    def wire(self) -> bytes:
        """The request as HTTP/1.1."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.sent.items())
        return f"{self.method} {self.path} HTTP/1.1\r\n{head}\r\n".encode() + self.body

    @property
    def scope(self) -> dict[str, Any]:
        """The request as uvicorn would give it to an app."""
        path, _, query = self.path.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "root_path": "",
            "method": self.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in self.sent.items()],
            "state": {},
        }


def item(id: int, name: str, price: float = 1.5, tags: Sequence[str] = ()) -> dict[str, Any]:
    return {"id": id, "name": name, "price": price, "tags": list(tags)}


NEW = item(3, "hat", 2.5, ["new", "blue"])

ENDPOINTS = [
    Asked("plain dict", "GET", "/plain", {"message": "hi"}),
    Asked("path, query, model", "GET", "/items/5?q=hat", item(5, "hat")),
    Asked("two dependencies", "GET", "/deps?limit=7", item(7, "bob"), {"x-token": "bob"}),
    Asked("100 models", "GET", "/list", [one.model_dump() for one in ITEMS]),
    Asked("JSON body", "POST", "/items", NEW, {"content-type": "application/json"}, json.dumps(NEW).encode()),
    Asked(
        "form",
        "POST",
        "/form",
        item(1, "hat", 2.5),
        {"content-type": "application/x-www-form-urlencoded"},
        b"name=hat&price=2.5",
        not_on=["Robyn"],
    ),
    Asked("yield dependency", "GET", "/yield", item(1, "session"), not_on=["BlackSheep", "Robyn"]),
    Asked("sync endpoint", "GET", "/sync/5", item(5, "sync"), not_on=["BlackSheep", "Robyn"]),
]


def one_of_many(count: int, where: str) -> Asked:
    """A request to the first, middle or last of `count` routes of `many_routes`, or to none."""
    place = {"first": 0, "middle": count // 2, "last": count - 1}.get(where)
    if place is None:
        return Asked(f"404 of {count:,} routes", "GET", "/nowhere/at/all", {"detail": "Not Found"}, status=404)
    path = f"/area{place // 10}/shelf{place // 5 % 2}/box{place % 5}/7"
    return Asked(f"{where} of {count:,} routes", "GET", path, item(7, "box"))
