"""Which models' rows can be written as JSON without making the models, and why others' cannot.

Decided by Pydantic's core schema, the one description from which it validates and serializes itself. What is not known
here to change nothing makes a model not eligible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from evenflow.database.scalars import SCALARS, Scalar, alike

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_MODEL: Final = {"type", "cls", "schema", "config", "custom_init", "root_model", "metadata", "ref", "generic_origin"}
_FIELDS: Final = {"type", "fields", "computed_fields", "model_name"}
_FIELD: Final = {"type", "schema", "frozen", "metadata"}
_DEFAULT: Final = {"type", "schema", "metadata", "default", "default_factory", "default_factory_takes_data"}
_NULLABLE: Final = {"type", "schema", "metadata"}
_SCALAR: Final = {"type", "metadata", "strict", "allow_inf_nan", "microseconds_precision"}
"""Beside the type: what lets no value through, or alters none, of those that are let through here."""
_CONFIG: Final = {
    "title",
    "from_attributes",
    "frozen",
    "validate_by_name",
    "validate_by_alias",
    "extra_fields_behavior",
}
_OWN_METHODS: Final = ("__new__", "__getattribute__", "__dict__")
"""Methods that Pydantic's serializer comes by when it reads a model, and that no schema tells of."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field whose values can be written as they are."""

    name: str
    scalar: Scalar
    nullable: bool


class NotEligibleError(Exception):
    """Rows cannot be written as this model directly; the message says why."""


class NoWriterError(NotEligibleError):
    """msgspec is not there."""


def why_not(model: Any) -> str | None:
    """Why `fetch_json(…, into=model)` goes the ordinary way by Pydantic, in a sentence; None where it need not."""
    try:
        fields_of(model)
    except NotEligibleError as reason:
        return str(reason)
    return None


def fields_of(model: Any) -> tuple[Field, ...]:
    """The fields of a model whose rows can be written directly. Raises NotEligibleError."""
    if find_spec("msgspec") is None:
        raise NoWriterError("msgspec is not installed: pip install 'evenflow[json]'.")
    return tuple(_field(name, field) for name, field in _model_schema(model).items())


def _model_schema(model: Any) -> Mapping[str, Any]:
    """The schemas of the fields, after all that stands around them has been found harmless."""
    from pydantic import BaseModel, PydanticUserError, TypeAdapter

    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise NotEligibleError("It is not a Pydantic model.")
    for kind in model.__mro__[: model.__mro__.index(BaseModel)]:
        if own := next((name for name in _OWN_METHODS if name in vars(kind)), None):
            raise NotEligibleError(f"It has a {own} of its own.")
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(model)
        schema: Any = adapter.core_schema
        _check_model(schema)
    except (PydanticUserError, NameError):
        raise NotEligibleError("It names types that are not defined yet.") from None
    return _checked_fields(schema["schema"])


def _check_model(schema: Mapping[str, Any]) -> None:
    if schema["type"] != "model":
        raise NotEligibleError(f"A validator or serializer of its own stands around it ({schema['type']}).")
    if more := _more(schema, _MODEL):
        raise NotEligibleError(f"It has a method or an attribute that takes part ({more}).")
    if schema.get("custom_init") or schema.get("root_model"):
        raise NotEligibleError("It has an __init__ of its own, or is a RootModel.")
    config = schema.get("config", {})
    if more := _more(config, _CONFIG):
        raise NotEligibleError(f"Its model_config may change values ({more}).")
    if config.get("extra_fields_behavior", "ignore") != "ignore":
        raise NotEligibleError(f"Its model_config has extra={config['extra_fields_behavior']!r}.")


def _checked_fields(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if schema["type"] != "model-fields" or _more(schema, _FIELDS):
        raise NotEligibleError(f"A validator of the whole model stands in it ({schema['type']}).")
    if schema.get("computed_fields"):
        raise NotEligibleError("It has computed fields.")
    fields: Mapping[str, Any] = schema["fields"]
    if not fields:
        raise NotEligibleError("It has no fields.")
    return fields


def _field(name: str, field: Mapping[str, Any]) -> Field:
    if more := _more(field, _FIELD):
        raise NotEligibleError(f"Field {name!r} has an alias or is left out at times ({more}).")
    schema, nullable = field["schema"], False
    while schema["type"] in ("default", "nullable"):
        if more := _more(schema, _DEFAULT if schema["type"] == "default" else _NULLABLE):
            raise NotEligibleError(f"Field {name!r} has a default that takes part ({more}).")
        nullable = nullable or schema["type"] == "nullable"
        schema = schema["schema"]
    scalar = SCALARS.get(schema["type"])
    if scalar is None:
        raise NotEligibleError(f"Field {name!r} is of a kind that only Pydantic can write ({schema['type']}).")
    if more := _more(schema, _SCALAR):
        raise NotEligibleError(f"Field {name!r} has a constraint or a serializer ({more}).")
    if not alike(scalar):
        raise NotEligibleError(f"The installed msgspec and Pydantic write {scalar.type.__name__} differently.")
    return Field(name, scalar, nullable)


def _more(schema: Mapping[str, Any], known: set[str]) -> str:
    return ", ".join(sorted(schema.keys() - known))
