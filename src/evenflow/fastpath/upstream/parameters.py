"""Reads FastAPI's declared parameters and bodies into plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import BuiltinMethodType
from typing import Any

from fastapi import params
from fastapi._compat import field_annotation_is_sequence
from fastapi.dependencies.utils import _get_form_models, _get_param_aliases, _get_param_model, _should_embed_body_fields
from pydantic._internal._mock_val_ser import MockValSer

from evenflow.fastpath.plan import Absent, BodyParameters, Parameter, Source

_UNCHANGING = frozenset({type(None), bool, int, float, str, bytes})
"""A deep copy of a value of these types is the value."""


def read_parameters(dependant: Any) -> tuple[Parameter, ...]:
    """The parameters of one callable, in the order in which FastAPI reads them."""
    sources = (
        (Source.PATH, dependant.path_params),
        (Source.QUERY, dependant.query_params),
        (Source.HEADER, dependant.header_params),
        (Source.COOKIE, dependant.cookie_params),
    )
    return tuple(_parameter(source, field) for source, fields in sources for field in fields)


def read_body_parameters(dependant: Any, *, embed: bool) -> BodyParameters | None:
    """The parameters of one callable that come from the body; None if there are none."""
    fields: Sequence[Any] = dependant.body_params
    if not fields:
        return None
    first = fields[0]
    whole = (
        len(fields) == 1
        and not embed
        and not isinstance(first.field_info, params.Form)
        and not _should_embed_body_fields(list(fields))
        and not _get_form_models(first)
    )
    texts = tuple(_parameter(Source.FORM, field) for field in fields) if all(map(_is_text, fields)) else ()
    return BodyParameters(fields, embed, first.name, validator(first) if whole else None, texts)


def _is_text(field: Any) -> bool:
    """Whether a field of a form is one text under one name."""
    form = isinstance(field.field_info, params.Form) and not isinstance(field.field_info, params.File)
    return form and not _get_form_models(field) and _parameter(Source.FORM, field).plain


def validator(field: Any) -> Callable[..., Any] | None:
    """Pydantic's own function for a field, or None where it is not there yet."""
    found = field._type_adapter.validator
    return None if isinstance(found, MockValSer) else found.validate_python


def unobserved(field: Any) -> bool:
    """Whether no plugin of Pydantic's wants to know of every validation, so that one without effect can be left out."""
    return isinstance(validator(field), BuiltinMethodType)


def takes_any_text(field: Any) -> bool:
    """Whether validation gives back every text as it is."""
    if not unobserved(field):
        return False
    schema: Any = field._type_adapter.core_schema
    while schema.get("type") in {"default", "nullable"} and not schema.get("validate_default"):
        schema = schema["schema"]
    return bool(set(schema) <= {"type", "metadata"} and schema["type"] in {"str", "any"})


def _parameter(source: Source, field: Any) -> Parameter:
    validate = validator(field)
    aliases = _get_param_aliases(field)
    alias = aliases[0][1]
    plain = (
        validate is not None
        and _get_param_model(field) is None
        and len(aliases) == 1
        and aliases[0][0] == alias
        and not field_annotation_is_sequence(field.field_info.annotation)
        and alias.isascii()
    )
    if not plain:
        return Parameter(source, field.name, alias, field, plain=False)
    absent, default = _absent(field)
    any_text = source is not Source.PATH and takes_any_text(field)
    return Parameter(source, field.name, alias, field, True, absent, default, None if any_text else validate)


def _absent(field: Any) -> tuple[Absent, Any]:
    info = field.field_info
    if info.is_required():
        return Absent.ERROR, None
    if info.default_factory is None and not info.validate_default and type(info.default) in _UNCHANGING:
        return Absent.CONSTANT, info.default
    return Absent.FASTAPI, None
