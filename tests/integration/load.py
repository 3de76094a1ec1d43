"""A load on which harm would show: reads that know their answer, transfers that keep a sum, counted writes."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import sqlalchemy as sa

from evenflow import Database

ACCOUNTS = 50
EACH = 1000

metadata = sa.MetaData()
accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.String(50), nullable=False),
    sa.Column("balance", sa.Integer, nullable=False),
)
tokens = sa.Table("tokens", metadata, sa.Column("token", sa.Integer, primary_key=True, autoincrement=False))


async def prepare(db: Database) -> None:
    """The tables, with their rows."""
    await db.create_all(metadata)
    await db.execute_many(
        accounts.insert(), [{"id": n, "name": f"account {n}", "balance": EACH} for n in range(1, ACCOUNTS + 1)]
    )


class WrongRow(Exception):
    """A read was answered with something else."""


@dataclass
class Load:
    """Operations on one database, and what they were told."""

    db: Database
    acknowledged: list[int] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    done: int = 0
    _tokens: Any = field(default_factory=lambda: count(1))

    async def one(self) -> None:
        """One operation, chosen at random."""
        await random.choice((self.read, self.read, self.read_text, self.transfer, self.write, self.stream))()
        self.done += 1

    async def read(self) -> None:
        number = random.randint(1, ACCOUNTS)
        row = await self.db.fetch_one(accounts.select().where(accounts.c.id == number))
        if row is None or row["id"] != number or row["name"] != f"account {number}":
            raise WrongRow(number)

    async def read_text(self) -> None:
        number = random.randint(1, ACCOUNTS)
        name = await self.db.fetch_val("SELECT name FROM accounts WHERE id = :id", {"id": number})
        if name != f"account {number}":
            raise WrongRow(number)

    async def transfer(self) -> None:
        first, second = sorted(random.sample(range(1, ACCOUNTS + 1), 2))  # in one order, so that nobody deadlocks
        async with self.db.transaction():
            await self._add(first, -1)
            await asyncio.sleep(0)
            await self._add(second, 1)

    async def _add(self, number: int, amount: int) -> None:
        statement = accounts.update().where(accounts.c.id == number).values(balance=accounts.c.balance + amount)
        changed = await self.db.execute(statement)
        if changed != 1:
            raise WrongRow(number)

    async def write(self) -> None:
        token = next(self._tokens)
        await self.db.execute(tokens.insert().values(token=token))
        self.acknowledged.append(token)

    async def stream(self) -> None:
        expected = 1
        async for row in self.db.iterate(accounts.select().order_by(accounts.c.id)):
            if row["id"] != expected:
                raise WrongRow(expected)
            expected += 1

    async def check(self, db: Database) -> None:
        """Nothing half-done, nothing acknowledged lost."""
        total = await db.fetch_val(sa.select(sa.func.sum(accounts.c.balance)))
        assert total == ACCOUNTS * EACH
        kept = {row["token"] for row in await db.fetch_all(tokens.select())}
        assert kept >= set(self.acknowledged)
        assert not self.errors
