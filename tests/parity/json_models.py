"""Models whose rows only Pydantic can write: each has a way of its own to change what goes in or comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    AliasGenerator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    RootModel,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)
from typing_extensions import TypedDict


class Aliased(BaseModel):
    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=str.upper))
    id: int
    name: str


class Computed(BaseModel):
    id: int
    name: str

    @computed_field
    def twice(self) -> int:
        return self.id * 2


class FieldSerialized(BaseModel):
    id: int
    name: str

    @field_serializer("name")
    def upper(self, value: str) -> str:
        return value.upper()


class ModelSerialized(BaseModel):
    id: int
    name: str

    @model_serializer
    def short(self) -> str:
        return self.name


class FieldValidated(BaseModel):
    id: int
    name: str

    @field_validator("name")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper()


class ModelValidated(BaseModel):
    id: int
    name: str

    @model_validator(mode="after")
    def upper(self) -> ModelValidated:
        self.name = self.name.upper()
        return self


class Before(BaseModel):
    id: int
    name: str

    @model_validator(mode="before")
    @classmethod
    def upper(cls, value: Any) -> Any:
        return {"id": 5, "name": "before"}


class PostInit(BaseModel):
    id: int
    name: str

    def model_post_init(self, context: Any) -> None:
        self.name = "after"


class Private(BaseModel):
    id: int
    name: str
    _secret: int = PrivateAttr(3)


class Extra(BaseModel):
    model_config = ConfigDict(extra="allow")
    id: int


class Forbidding(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: int


class Stripped(BaseModel):
    model_config = ConfigDict(str_to_upper=True)
    id: int
    name: str


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    id: int
    name: str


class Short(BaseModel):
    id: int
    name: str = Field(max_length=2)


class Hidden(BaseModel):
    id: int
    name: str = Field(exclude=True)


class HiddenAtTimes(BaseModel):
    id: int
    name: str = Field(exclude_if=lambda value: value == "ada")


class Chosen(BaseModel):
    id: Literal[1]
    name: str


class Initialised(BaseModel):
    id: int
    name: str

    def __init__(self, **data: Any) -> None:
        super().__init__(**{**data, "name": "own"})


class New(BaseModel):
    id: int
    name: str

    def __new__(cls, *args: Any, **data: Any) -> Any:
        return super().__new__(cls)


class Watching(BaseModel):
    id: int
    name: str

    def __getattribute__(self, name: str) -> Any:
        return {"id": 7, "name": "other"} if name == "__dict__" else super().__getattribute__(name)


class Root(RootModel[dict[str, Any]]):
    pass


class Encoded(BaseModel):
    id: int
    name: Annotated[str, PlainSerializer(str.upper)]


class Inner(BaseModel):
    id: int


class Outer(BaseModel):
    id: int
    name: str
    inner: Inner = Inner(id=1)


class Aware(BaseModel):
    id: int
    name: str
    at: AwareDatetime | None


class Custom(BaseModel):
    id: int
    name: str

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(lambda value: value, handler(source))


class Empty(BaseModel):
    pass


class Keys(TypedDict):
    id: int
    name: str


@dataclass
class Data:
    id: int
    name: str


NOT_ELIGIBLE = [
    *(Aliased, Computed, FieldSerialized, ModelSerialized, FieldValidated, ModelValidated, Before, PostInit, Private),
    *(Extra, Forbidding, Stripped, Strict, Short, Hidden, HiddenAtTimes, Chosen, Initialised, New, Watching, Root),
    *(Encoded, Outer, Aware, Custom, Empty, Keys, Data, dict[str, Any], Any, Inner | Data),
]
