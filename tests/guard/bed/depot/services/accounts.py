"""Who may come in."""

import hashlib
from pathlib import Path
from typing import Any

import requests
from depot.amounts import Size, number, seconds
from depot.repositories.customers import Accounts, SessionLocal, Warehouse, find_customer
from depot.services.tracking import retrying
from depot.settings import settings
from pydantic import BaseModel, field_validator


class Badge:
    """What a visitor shows at the gate."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def picture(self) -> bytes:
        # bed: m/property-read kind=disk depth=1 call=pathlib.Path.read_bytes
        return self.path.read_bytes()


class Visit(BaseModel):
    size: Size = "small"

    @field_validator("size")
    @classmethod
    def known_at_the_gate(cls, size: Size) -> Size:
        import time

        # bed: m/validator kind=waits depth=0 call=time.sleep root=validator
        time.sleep(seconds(size))
        return size


class Gate:
    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.accounts = Accounts()

    def customers(self, size: Size) -> int:
        return self.warehouse.customers(seconds(size))

    def balance(self, size: Size) -> Any:
        return self._checked(seconds(size))

    def _checked(self, duration: float) -> Any:
        return self.accounts.balance(duration)

    def owner(self, size: Size) -> Any:
        return self._owner(seconds(size))

    def _owner(self, duration: float) -> Any:
        with SessionLocal() as session:
            return find_customer(session, duration)


gate = Gate(Warehouse())


def sign_in(password: str, size: Size) -> str:
    return _Secret(password).checked(number(size, 14, 17))


class _Secret:
    def __init__(self, password: str) -> None:
        self.password = password

    def checked(self, cost: int) -> str:
        return self._hashed(cost).hex()

    def _hashed(self, cost: int) -> bytes:
        return _scrypt(self.password, b"salt", cost)


def _scrypt(password: str, salt: bytes, cost: int) -> bytes:
    # bed: m/scrypt kind=cpu depth=5 call=hashlib.scrypt
    return hashlib.scrypt(password.encode(), salt=salt, n=2**cost, r=4, p=1, maxmem=2**28)


def registered(size: Size) -> Any:
    return _ask_the_registry(size)


def _ask_the_registry(size: Size) -> Any:
    def attempt() -> Any:
        return _once(size)

    return retrying(attempt)


def _once(size: Size) -> Any:
    # bed: m/function-argument kind=waits depth=5 call=requests.get needs=requests
    return requests.get(settings.slow(size), timeout=5).json()
