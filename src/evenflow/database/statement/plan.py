"""What is known of one kind of statement: the plan its calls share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.engine import Dialect

from evenflow.database import rows
from evenflow.database.encoding import BodyMaker, JsonOf
from evenflow.database.plan import Description, Kind, RowMaker
from evenflow.database.statement.columns import Shape

Key = Callable[[Any, Sequence[Any]], Any]

_DESCRIPTIONS_KEPT = 8


@dataclass(slots=True, eq=False)
class StatementPlan:
    """One kind of statement, compiled. Shared by every call of that kind, from any thread."""

    kind: Kind
    returns_rows: bool
    dialect: Dialect = field(repr=False)
    shape: Shape = field(repr=False)
    key: Key | None = None
    key_from_row: bool = False
    fast: bool = False
    """The arguments come from generated code; the SQL never changes."""
    plain: bool = False
    """Only tables, operators and functions known to leave the session as it is."""
    cost: float = 0.0
    settled: RowMaker | None = field(default=None, repr=False)
    """The maker of plain rows, where the statement's columns cannot change."""
    _makers: dict[Any, RowMaker] = field(default_factory=dict, repr=False)

    def maker(self, description: Description, into: Any = None) -> RowMaker:
        """The row maker for a result with these columns; `into` is the type each row shall become."""
        if into is None and self.settled is not None:  # hot: bench_sqlite_reads
            return self.settled
        names = tuple([(column[0], column[1]) for column in description])
        try:
            return self._makers[into, names]
        except KeyError:
            return self._new_maker(names, into)

    def _new_maker(self, names: tuple[tuple[str, Any], ...], into: Any) -> RowMaker:
        read = self.shape.read(names, self.dialect)
        maker: RowMaker
        if into is None:
            maker = rows.row_maker(rows.row_type(read.names, read.keys), read.processors)
        elif isinstance(into, JsonOf):
            maker = BodyMaker(into.into, read.names, read.processors)
        else:
            maker = rows.model_maker(into, read.names, read.processors)
        if into is None and self.shape.settled(len(names)):
            self.settled = maker
        elif len(self._makers) < _DESCRIPTIONS_KEPT:
            self._makers[into, names] = maker
        else:
            self._makers = {(into, names): maker}
        return maker
