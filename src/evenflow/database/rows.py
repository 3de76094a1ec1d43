"""Rows as the caller sees them, and the code that makes them from a driver's tuples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from evenflow.errors import RowInvalid

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError
    from pydantic_core import CoreSchema

Processor = Callable[[Any], Any]
"""Turns one value of the driver into a Python value."""


class Row(dict[str, Any]):
    """One row: a dict from column names to values that cannot be changed.

    A value is read as `row.name`, `row["name"]`, `row[0]` (from either end) or by a column of the statement,
    `row[users.c.id]`. Being a dict, a row goes into JSON, into `**row` and into Pydantic models as it is. Where
    two columns share a name, the name means the last one; `keys()`, `values()` and `items()` show both. A row
    equals a tuple of its values too.
    """

    __slots__ = ()

    _names: ClassVar[tuple[str, ...]] = ()
    _index: ClassVar[Mapping[Any, int]] = {}
    """Position by column, and by number from either end."""

    if TYPE_CHECKING:

        def __getitem__(self, key: Any) -> Any: ...

    def __missing__(self, key: Any) -> Any:
        # hot: bench_article. Only keys that are no names come here; names are the dict's own.
        number = self._index.get(key)
        if number is not None:
            return self._tuple()[number]
        return self._search(key)

    def _search(self, key: Any) -> Any:
        if isinstance(key, int):
            raise IndexError(f"no column {key}; the row has {len(self._names)}")
        name = getattr(key, "name", None)
        if isinstance(name, str) and self._names.count(name) == 1:
            return self[name]
        raise KeyError(self._unknown(name if isinstance(name, str) else key))

    def _unknown(self, key: object) -> str:
        if isinstance(key, str) and self._names.count(key) > 1:
            return f"several columns are called {key!r}; give them labels, or use their numbers"
        known = ", ".join(map(repr, self._names)) or "no columns"
        return f"no column {key!r}; the row has {known}"

    def __getattr__(self, name: str) -> Any:
        # Only reached when neither a column's property nor a method has this name.
        if name in self:
            return self[name]
        raise AttributeError(self._unknown(name), name=name, obj=self)

    @property
    def _mapping(self) -> Row:
        return self

    @property
    def _fields(self) -> tuple[str, ...]:
        return self._names

    def _asdict(self) -> dict[str, Any]:
        return dict(self)

    def _tuple(self) -> tuple[Any, ...]:
        return tuple(dict.values(self))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, tuple):
            return self._tuple() == other
        return dict.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has none because it changes; a row does not
        return hash(self._tuple())

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.items())
        return f"Row({shown})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> CoreSchema:
        from pydantic_core import core_schema

        as_dict = core_schema.plain_serializer_function_ser_schema(dict)
        return core_schema.is_instance_schema(Row, serialization=as_dict)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        return {"type": "object", "title": "Row"}

    def __reduce__(self) -> tuple[Callable[..., Row], tuple[Any, ...]]:
        return _restored, (self._names, self._tuple())


def _refuse(self: Row, *_: Any, **__: Any) -> Any:
    raise TypeError("a row cannot be changed; make a dict of it: dict(row)")


for _changing in ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"):
    setattr(Row, _changing, _refuse)


class _Twins(Row):
    """A row in which several columns share a name: it keeps all values beside the dict."""

    __slots__ = ("_values",)
    _values: tuple[Any, ...]

    def __init__(self, values: Sequence[Any]) -> None:
        super().__init__(zip(self._names, values, strict=True))
        self._values = tuple(values)

    def _tuple(self) -> tuple[Any, ...]:
        return self._values

    def keys(self) -> Any:
        """All names, in order."""
        return self._names

    def values(self) -> Any:
        """All values, in order."""
        return self._values

    def items(self) -> Any:
        """All names with their values, in order."""
        return tuple(zip(self._names, self._values, strict=True))

    def _asdict(self) -> dict[str, Any]:
        return dict(self.items())

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


_KEPT = frozenset(("keys", "values", "items", "get"))


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
    index: dict[Any, int] = {key: number for key, number in columns.items() if not isinstance(key, str)}
    index.update((number, number % count) for number in range(-count, count))
    body: dict[str, Any] = {"__slots__": (), "_names": names, "_index": index, "__module__": __name__}
    body |= {name: property(itemgetter(name)) for name in names if name[:1] != "_" and name not in _KEPT}
    # A key such as the text "users.id" is no name, but finds its column.
    body["_index"] |= {key: number for key, number in columns.items() if isinstance(key, str) and key not in names}
    return type("Row", (_Twins if len(set(names)) < count else Row,), body)


def _restored(names: tuple[str, ...], values: tuple[Any, ...]) -> Row:
    made: Row = row_maker(_shared_type(names), [None] * len(names)).one(values)
    return made


@dataclass(frozen=True, slots=True)
class Maker:
    """The two functions a result needs: for one tuple of the driver, and for a list of them."""

    one: Callable[[Sequence[Any]], Any]
    all: Callable[[Sequence[Sequence[Any]]], list[Any]]


def row_maker(rows: type[Row], processors: Sequence[Processor | None]) -> Maker:
    """Makes `rows`, each value through its processor."""
    sources = _value_sources(processors)
    if issubclass(rows, _Twins):
        return _compiled(f"Row(({''.join(f'{source}, ' for source in sources)}))", processors, {"Row": rows})
    pairs = zip(rows._names, sources, strict=True)
    # hot: bench_sqlite_reads. Copying a literal dict is the fastest way to one's own kind of dict.
    return _compiled(_literal(pairs, "Row({", "})"), processors, {"Row": rows})


def model_maker(into: Any, names: Sequence[str], processors: Sequence[Processor | None]) -> Maker:
    """Makes values of the type `into`, each row checked by Pydantic."""
    pairs = zip(names, _value_sources(processors), strict=True)
    as_dict = _compiled(_literal(pairs, "{", "}"), processors, {})
    single, several = adapter_of(into), adapter_of(list[into])

    def one(values: Sequence[Any]) -> Any:
        return _checked(single, as_dict.one(values), numbered=False)

    def all_(rows: Sequence[Sequence[Any]]) -> list[Any]:
        checked: list[Any] = _checked(several, as_dict.all(rows), numbered=True)
        return checked

    return Maker(one=one, all=all_)


def _literal(pairs: Iterable[tuple[str, str]], start: str, end: str) -> str:
    return start + ", ".join(f"{name!r}: {value}" for name, value in pairs) + end


def _value_sources(processors: Sequence[Processor | None]) -> list[str]:
    return [f"p{n}(c{n})" if processor else f"c{n}" for n, processor in enumerate(processors)]


def _compiled(expression: str, processors: Sequence[Processor | None], scope: dict[str, Any]) -> Maker:
    scope.update((f"p{n}", processor) for n, processor in enumerate(processors) if processor)
    cells = "".join(f"c{n}, " for n in range(len(processors))) or "*_, "
    every = eval(f"lambda rows: [{expression} for {cells} in rows]", scope)
    return Maker(one=lambda values: every((values,))[0], all=every)


@lru_cache(maxsize=256)
def adapter_of(into: Any) -> TypeAdapter[Any]:
    """Pydantic's validator and serializer of a type."""
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
