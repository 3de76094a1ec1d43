"""From a driver's rows to the bytes of a JSON array, by the shortest way that writes what Pydantic would."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from evenflow.database.eligible import Field, NotEligibleError, NoWriterError, fields_of
from evenflow.database.rows import Processor, adapter_of, model_maker
from evenflow.database.scalars import names_in_tests
from evenflow.errors import RowInvalid

if TYPE_CHECKING:
    from starlette.responses import Response

_log = logging.getLogger("evenflow.database")

Rows = Sequence[Sequence[Any]]
Writer = Callable[[Rows], bytes]

NO_ROWS: Final = b"[]"


@dataclass(frozen=True, slots=True)
class JsonOf:
    """Given as `into`: the rows become one JSON array, each written as `into` would be."""

    into: Any


class BodyMaker:
    """Writes the rows of one kind of result: directly where each value passes its test, else by Pydantic."""

    def __init__(self, into: Any, names: Sequence[str], processors: Sequence[Processor | None]) -> None:
        self.ordinary = ordinary_writer(into, names, processors)
        self.direct = direct_writer(into, names, processors)

    def one(self, values: Sequence[Any]) -> bytes:
        """An array of one row."""
        return self.all((values,))

    def all(self, rows: Rows) -> bytes:
        """An array of all rows. Raises RowInvalid."""
        if self.direct is not None:
            try:
                return self.direct(rows)
            except Exception:  # noqa: BLE001, S110, RUF100 - whatever was wrong, Pydantic says it, or writes it
                pass
        return self.ordinary(rows)


def ordinary_writer(into: Any, names: Sequence[str], processors: Sequence[Processor | None]) -> Writer:
    """What FastAPI does for `response_model=list[into]`: validate, then dump."""
    models = model_maker(into, names, processors).all

    def write(rows: Rows) -> bytes:
        from pydantic_core import PydanticSerializationError

        made = models(rows)
        try:
            return adapter_of(list[into]).dump_json(made, by_alias=True)
        except PydanticSerializationError:
            pass
        # Outside the handler: Pydantic's message holds values.
        raise RowInvalid("a value of these rows cannot be written as JSON: text with half a surrogate pair, or bytes")

    return write


class MisfitError(Exception):
    """A value did not pass its test."""


def direct_writer(into: Any, names: Sequence[str], processors: Sequence[Processor | None]) -> Writer | None:
    """Generated code that tests each value and writes the rows by msgspec. None where the model is not eligible."""
    try:
        fields = fields_of(into)
    except NoWriterError as reason:
        _tell(str(reason))
        return None
    except NotEligibleError:
        return None
    if not {field.name for field in fields} <= set(names):
        return None  # a default, or an error: Pydantic's to give
    try:
        row = _row_struct(fields)
    except (TypeError, ValueError):  # a name of a field that msgspec does not take
        return None
    return _compiled(fields, names, processors, row)


def _row_struct(fields: Sequence[Field]) -> Any:
    import msgspec

    # Names of our own: a field may be called `self` or `a b`. No values in it can make a ring, so gc may look away.
    renamed = {f"f{number}": field.name for number, field in enumerate(fields)}
    return msgspec.defstruct("JsonRow", [(name, Any) for name in renamed], rename=renamed, gc=False)


def _compiled(
    fields: Sequence[Field], names: Sequence[str], processors: Sequence[Processor | None], row: Any
) -> Writer:
    # Of several columns with one name the last counts, as in a dict.
    place = {name: f"c{number}" for number, name in enumerate(names)}
    tests = " and ".join(f"({_test(field, place[field.name])})" for field in fields)
    scope: dict[str, Any] = {name: value for name, value in names_in_tests().items() if name in tests}
    scope |= {"type": type, "Row": row, "encode": _encode(), "Misfit": MisfitError}
    scope.update((f"p{n}", processor) for n, processor in enumerate(processors) if processor)
    code = _CODE.format(
        known=", ".join(f"{name}={name}" for name in scope),
        cells="".join(f"c{number}, " for number in range(len(names))),
        # Columns that are no field are converted too: what fails there fails in the ordinary way as well.
        converted="; ".join(f"c{n} = p{n}(c{n})" for n, processor in enumerate(processors) if processor) or "pass",
        tests=tests,
        values=", ".join(place[field.name] for field in fields),
    )
    exec(code, scope)
    write: Writer = scope["write"]
    return write


# hot: bench_rows_to_json. A loop over names that are all local is faster here than a comprehension, and than any test
# of whole columns.
_CODE: Final = """
def write(rows, {known}):
    made = []
    for {cells} in rows:
        {converted}
        if {tests}:
            made.append(Row({values}))
        else:
            raise Misfit
    return encode(made)
"""


def _encode() -> Callable[[Any], bytes]:
    import msgspec

    return msgspec.json.Encoder().encode


def _test(field: Field, value: str) -> str:
    test = field.scalar.test.format(v=value)
    return f"{value} is None or ({test})" if field.nullable else test


def json_response(body: bytes) -> Response:
    """What FastAPI makes of a body that Pydantic has written."""
    from starlette.responses import Response  # a program without a web part need not have it

    return Response(body, media_type="application/json")


@lru_cache
def _tell(reason: str) -> None:
    _log.warning("Rows are written as JSON the ordinary, slower way: %s", reason)
