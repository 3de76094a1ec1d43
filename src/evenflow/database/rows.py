"""Rows as the caller sees them, and the code that makes them from a driver's tuples."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from evenflow.errors import RowInvalid

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError
    from pydantic_core import CoreSchema, SchemaSerializer

Processor = Callable[[Any], Any]
"""Turns one value of the driver into a Python value."""


class Row:
    """One row: a mapping from column names to values, read as `row.name`, `row["name"]` or `row[0]`.

    A column of the statement (`row[users.c.id]`) is a key too. Where two columns share a name, the name
    means the last one; `keys()`, `values()` and `items()` show both. Equal to rows and tuples of the same
    values, and to mappings of the same names and values.
    """

    __slots__ = ("_values",)

    _names: ClassVar[tuple[str, ...]] = ()
    _index: ClassVar[dict[Any, int]] = {}
    """Position by name, by column and by number (from either end)."""

    def __init__(self, values: tuple[Any, ...]) -> None:
        self._values = values

    def __getitem__(self, key: Any) -> Any:
        try:
            return self._values[self._index[key]]
        except (KeyError, TypeError):
            return self._search(key)

    def _search(self, key: Any) -> Any:
        if isinstance(key, slice):
            return self._values[key]
        if isinstance(key, int):
            raise IndexError(f"no column {key}; the row has {len(self._names)}")
        name = getattr(key, "name", None)
        if isinstance(name, str) and self._names.count(name) == 1:
            return self._values[self._index[name]]
        raise KeyError(self._unknown(name if isinstance(name, str) else key))

    def _unknown(self, key: object) -> str:
        if isinstance(key, str) and self._names.count(key) > 1:
            return f"several columns are called {key!r}; give them labels, or use their numbers"
        known = ", ".join(map(repr, self._names)) or "no columns"
        return f"no column {key!r}; the row has {known}"

    def __getattr__(self, name: str) -> Any:
        # Only reached when neither a column's property nor a method has this name.
        raise AttributeError(self._unknown(name), name=name, obj=self)

    def keys(self) -> KeysView[str]:
        """The names of the columns, in order."""
        return KeysView(self)

    def values(self) -> tuple[Any, ...]:
        """The values, in order."""
        return tuple(self._values)

    def items(self) -> ItemsView[str, Any]:
        """Names with their values, in order."""
        return _Items(self)

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a column, or `default` where there is no such column."""
        try:
            return self[key]
        except LookupError:
            return default

    @property
    def _mapping(self) -> Row:
        return self

    @property
    def _fields(self) -> tuple[str, ...]:
        return self._names

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._names, self._values, strict=True))

    def _tuple(self) -> tuple[Any, ...]:
        return tuple(self._values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: object) -> bool:
        return not isinstance(key, int) and key in self._index

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Row):
            return tuple(self._values) == tuple(other._values)
        if isinstance(other, tuple):
            return tuple(self._values) == other
        if isinstance(other, Mapping):
            return self._asdict() == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"Row({shown})"

    @property
    def __pydantic_serializer__(self) -> SchemaSerializer:
        # Pydantic looks here when a row is returned where the annotation says `Any`.
        return _serializer()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        return _core_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object", "title": "Row"}

    def __reduce__(self) -> tuple[Callable[..., Row], tuple[Any, ...]]:
        return _restored, (self._names, tuple(self._values))


Mapping.register(Row)


class _Items(ItemsView[str, Any]):
    """Items by position, so that columns of one name keep their own values."""

    _mapping: Row

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return zip(self._mapping._names, self._mapping._values, strict=True)


_TAKEN = frozenset(vars(Row))


def _core_schema() -> CoreSchema:
    from pydantic_core import core_schema

    as_dict = core_schema.plain_serializer_function_ser_schema(dict)
    return core_schema.is_instance_schema(Row, serialization=as_dict)


@lru_cache(maxsize=1)
def _serializer() -> SchemaSerializer:
    from pydantic_core import SchemaSerializer

    return SchemaSerializer(_core_schema())


def row_type(names: Sequence[str], columns: Mapping[Any, int] | None = None) -> type[Row]:
    """The class of rows with these column names; `columns` tells the positions of further keys."""
    if not columns:
        return _shared_type(tuple(names))
    return _new_type(tuple(names), columns)


@lru_cache(maxsize=512)
def _shared_type(names: tuple[str, ...]) -> type[Row]:
    return _new_type(names, {})


def _new_type(names: tuple[str, ...], columns: Mapping[Any, int]) -> type[Row]:
    count = len(names)
    index: dict[Any, int] = dict(columns)
    index.update((number, number % count) for number in range(-count, count))
    index.update((name, number) for number, name in enumerate(names))
    body: dict[str, Any] = {"__slots__": (), "_names": names, "_index": index, "__module__": __name__}
    for name in names:
        if not name.startswith("_") and name not in _TAKEN:
            body[name] = _column(index[name])
    return type("Row", (Row,), body)


def _column(number: int) -> property:
    return property(lambda row: row._values[number])


def _restored(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    return _shared_type(names)(values)


@dataclass(frozen=True, slots=True)
class Maker:
    """The two functions a result needs: for one tuple of the driver, and for a list of them."""

    one: Callable[[Sequence[Any]], Any]
    all: Callable[[Sequence[Sequence[Any]]], list[Any]]


def row_maker(rows: type[Row], processors: Sequence[Processor | None]) -> Maker:
    """Makes `rows`, each value through its processor."""
    if not any(processors):
        return Maker(one=rows, all=lambda values: list(map(rows, values)))
    values = ", ".join(_value_sources(processors))
    return _compiled(f"Row(({values},))", processors, {"Row": rows})  # hot: bench_sqlite_reads


def model_maker(into: Any, names: Sequence[str], processors: Sequence[Processor | None]) -> Maker:
    """Makes values of the type `into`, each row checked by Pydantic."""
    pairs = zip(names, _value_sources(processors), strict=True)
    as_dict = _compiled("{" + ", ".join(f"{name!r}: {value}" for name, value in pairs) + "}", processors, {})
    single, several = _adapter(into), _adapter(list[into])

    def one(values: Sequence[Any]) -> Any:
        return _checked(single, as_dict.one(values), numbered=False)

    def all_(rows: Sequence[Sequence[Any]]) -> list[Any]:
        checked: list[Any] = _checked(several, as_dict.all(rows), numbered=True)
        return checked

    return Maker(one=one, all=all_)


def _value_sources(processors: Sequence[Processor | None]) -> list[str]:
    return [f"p{n}(c{n})" if processor else f"c{n}" for n, processor in enumerate(processors)]


def _compiled(expression: str, processors: Sequence[Processor | None], scope: dict[str, Any]) -> Maker:
    scope.update((f"p{n}", processor) for n, processor in enumerate(processors) if processor)
    cells = "".join(f"c{n}, " for n in range(len(processors))) or "*_, "
    every = eval(f"lambda rows: [{expression} for {cells} in rows]", scope)
    return Maker(one=lambda values: every((values,))[0], all=every)


@lru_cache(maxsize=256)
def _adapter(into: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # only those who use `into` pay for the import

    return TypeAdapter(into)


def _checked(adapter: TypeAdapter[Any], value: Any, *, numbered: bool) -> Any:
    from pydantic import ValidationError

    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        message = _misfits(error, numbered=numbered)
    # Outside the handler: Pydantic's error holds the values of the row.
    raise RowInvalid(message)


def _misfits(error: ValidationError, *, numbered: bool, limit: int = 3) -> str:
    misfits = error.errors(include_input=False, include_url=False, include_context=False)
    told = [_misfit(misfit["loc"], misfit["msg"], numbered=numbered) for misfit in misfits[:limit]]
    if len(misfits) > limit:
        told.append(f"and {len(misfits) - limit} more")
    return "; ".join(told)


def _misfit(place: tuple[int | str, ...], message: str, *, numbered: bool) -> str:
    number, field = (place[0], place[1:]) if numbered and place else (0, place)
    where = f"row {number}"
    if field:
        where += f", field {'.'.join(map(str, field))!r}"
    return f"{where}: {message}"
