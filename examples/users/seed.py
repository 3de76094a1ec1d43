"""Users to begin with. `python seed.py 500` makes 500 in DATABASE_URL, unless there are users already."""

import asyncio
import os
import sys

import sqlalchemy as sa
from tables import metadata, users

from evenflow import Database

GIVEN = ("Ada", "Alan", "Barbara", "Dennis", "Edsger", "Frances", "Grace", "Ken", "Leslie", "Margaret")
FAMILY = ("Allen", "Dijkstra", "Hamilton", "Hopper", "Lamport", "Liskov", "Lovelace", "Ritchie", "Turing")


def user(number: int) -> dict[str, object]:
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number % len(FAMILY)]
    return {
        "name": f"{given} {family}",
        "email": f"{given}.{family}.{number}@example.com".lower(),
        "credits": number % 100,
    }


async def seed(url: str, count: int) -> int:
    """Makes `count` users, all or none, when there are none. Answers how many it made."""
    async with Database(url) as db:
        await db.create_all(metadata)
        async with db.transaction():
            if await db.fetch_val(sa.select(users.c.id).limit(1)) is not None:
                return 0
            await db.execute_many(users.insert(), [user(number) for number in range(1, count + 1)])
            return count


if __name__ == "__main__":
    url = os.environ.get("DATABASE_URL", "sqlite:///users.db")
    made = asyncio.run(seed(url, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
    print(f"made {made} users")  # noqa: T201 - a program that prints
