"""What generated apps take and give: models, types with validators that are heard, and objects of other kinds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import UploadFile
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    WrapValidator,
    field_validator,
    model_validator,
)
from typing_extensions import TypedDict

from .stage import log


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


def heard(value: Any) -> Any:
    log("heard", repr(value))
    if value in (13, "13"):
        raise ValueError("unlucky")
    return value


def heard_around(value: Any, handler: Any) -> Any:
    log("heard before", repr(value))
    return handler(value)


Heard = Annotated[int, AfterValidator(heard)]
HeardFirst = Annotated[str, BeforeValidator(heard)]
HeardAround = Annotated[int, WrapValidator(heard_around)]


def make_list() -> list[str]:
    log("made a list")
    return ["made"]


def make_number() -> int:
    log("made a number")
    return 7


class Detail(BaseModel):
    weight: float = 1.5
    tags: list[str] = []


class Item(BaseModel):
    name: str
    price: float
    note: str | None = None
    detail: Detail = Detail()


class ItemOut(BaseModel):
    name: str
    note: str | None = "n/a"


class Aliased(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    first_name: str = Field(alias="firstName")
    count: int = Field(0, validation_alias="n", serialization_alias="total")


class Rich(BaseModel):
    id: UUID
    when: datetime
    day: date | None = None
    colour: Colour = Colour.RED
    amount: Decimal = Decimal("1.10")
    data: bytes = b"x"


class Noisy(BaseModel):
    a: int
    b: Heard = 1

    @field_validator("a")
    @classmethod
    def hear(cls, value: int) -> int:
        log("Noisy.a", value)
        return value

    @model_validator(mode="after")
    def hear_all(self) -> Noisy:
        log("Noisy", self.a, self.b)
        return self


class Strictly(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    a: int
    day: date | None = None


class FromObject(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    price: float = 0


class Numbers(RootModel[list[int]]):
    pass


class Sized(TypedDict, total=False):
    width: int
    height: float


class Pair(NamedTuple):
    left: int
    right: str


@dataclass
class Point:
    x: int
    y: float = 0.5
    tags: list[str] = field(default_factory=list)


class Record:
    """As an ORM gives it: attributes, one of them heard when it is read."""

    def __init__(self, name: Any = "record", price: Any = 2) -> None:
        self._name, self.price = name, price

    @property
    def name(self) -> Any:
        log("Record.name")
        return self._name

    def __repr__(self) -> str:
        return "Record"


class Word(str):
    pass


class Filters(BaseModel):
    limit: int = Field(10, ge=0, le=100)
    order: str | None = None
    tags: list[str] = []
    deep_id: int = Field(0, alias="deepId")


class StrictFilters(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int
    day: date | None = None


class HeaderModel(BaseModel):
    x_token: str
    x_many: list[str] = []
    x_number: int | None = None


class CookieModel(BaseModel):
    sid: str = "none"
    age: int | None = None


class FormModel(BaseModel):
    name: str
    size: int = 1
    tags: list[str] = []


class FormWithFile(BaseModel):
    name: str
    upload: UploadFile | None = None
