"""One session for all carriers, made when the module is imported."""

from typing import Any

import requests
from depot.amounts import Size
from depot.settings import settings


class CarrierSession:
    def __init__(self) -> None:
        self._http = requests.Session()
        self._http.headers["X-Depot"] = "north"

    def close(self) -> None:
        self._http.close()

    def pickups(self, size: Size) -> Any:
        return self._get(settings.slow(size))

    def _get(self, address: str) -> Any:
        # bed: m/requests-session kind=waits depth=4 call=requests.Session.get needs=requests
        return self._http.get(address, timeout=5).json()


carriers = CarrierSession()
