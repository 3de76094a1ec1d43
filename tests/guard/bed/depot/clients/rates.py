"""What carriers ask for."""

from __future__ import annotations

import http.client
import json
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests
from depot.amounts import Size
from depot.settings import settings


def fetch_rate(size: Size) -> Any:
    # bed: m/requests-get kind=waits depth=1 call=requests.get needs=requests
    answer = requests.get(settings.slow(size), timeout=5)
    answer.raise_for_status()
    return answer.json()


class Exchange:
    """Currencies, asked for once."""

    default = "EUR"

    @classmethod
    def current(cls, size: Size) -> Any:
        # bed: m/httpx-classmethod kind=waits depth=2 call=httpx.get
        return httpx.get(f"{settings.slow(size)}&base={cls.default}").json()

    @classmethod
    def in_euro(cls, price: float, size: Size) -> float:
        return price * float(cls.current(size)["rate"])


class Tariff:
    def __init__(self, address: str) -> None:
        self.host = urlsplit(address).netloc

    def read(self, path: str) -> Any:
        connection = http.client.HTTPConnection(self.host, timeout=5)
        connection.request("GET", path)
        # bed: m/http-client kind=waits depth=2 call=http.client.HTTPConnection.getresponse
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return json.loads(body)


tariff = Tariff(settings.upstream)


def tariff_for(size: Size) -> Any:
    return tariff.read(settings.slow(size).removeprefix(settings.upstream))


def _ask(method: str, size: Size) -> Any:
    # bed: m/partial kind=waits depth=2 call=requests.request needs=requests
    return requests.request(method, settings.slow(size), timeout=5).json()


ask = partial(_ask, "GET")
