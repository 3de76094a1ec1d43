"""A users API on Evenflow."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Path, Query, Response
from pydantic import BaseModel, Field
from tables import metadata, users

from evenflow import ConstraintViolated, Database, Evenflow

db = Database(os.environ.get("DATABASE_URL", "sqlite:///users.db"))


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await db.create_all(metadata)  # the database is connected already
    yield


app = FastAPI(title="Users", lifespan=lifespan)
Evenflow(app, database=db)

UserId = Annotated[int, Path(ge=1)]


class NewUser(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=200)]
    credits: Annotated[int, Field(ge=0)] = 0


class User(BaseModel):
    id: int
    name: str
    email: str
    credits: int


class Transfer(BaseModel):
    to: int
    credits: Annotated[int, Field(gt=0)]


@app.get("/data")
async def read_data() -> dict[str, str]:
    """Waits two seconds; other requests do not."""
    await asyncio.sleep(2)
    return {"message": "Here is what the slow query found"}


@app.get("/users")
async def list_users(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[int, Query(ge=0, description="the last id of the page before")] = 0,
) -> list[User]:
    page = sa.select(users).where(users.c.id > after).order_by(users.c.id).limit(limit)
    return await db.fetch_all(page, into=User)


@app.get("/users.jsonl")
async def export_users() -> AsyncIterator[User]:
    """Every user, one JSON object a line, read and sent as it goes."""
    async for user in db.iterate(sa.select(users).order_by(users.c.id), into=User):
        yield user


@app.get("/users/{user_id}")
async def read_user(user_id: UserId) -> User:
    user: User | None = await db.fetch_one(sa.select(users).where(users.c.id == user_id), into=User)
    if user is None:
        raise no_such_user(user_id)
    return user


@app.post("/users", status_code=201)
async def create_user(new: NewUser, response: Response) -> User:
    try:
        user_id = await db.execute(users.insert().values(new.model_dump()))
    except ConstraintViolated:
        raise HTTPException(409, f"There is a user with the address {new.email}") from None
    response.headers["Location"] = f"/users/{user_id}"
    return User(id=user_id, **new.model_dump())


@app.post("/users/{user_id}/transfer")
async def transfer_credits(user_id: UserId, transfer: Transfer) -> User:
    """Moves credits to another user: both change, or neither."""
    async with db.transaction():
        giver = await read_user(user_id)
        if giver.credits < transfer.credits:
            raise HTTPException(409, f"User {user_id} has only {giver.credits} credits")
        await add_credits(user_id, -transfer.credits)
        await add_credits(transfer.to, transfer.credits)
        return await read_user(user_id)


async def add_credits(user_id: int, change: int) -> None:
    user = users.update().where(users.c.id == user_id)
    if not await db.execute(user.values(credits=users.c.credits + change)):
        raise no_such_user(user_id)  # and the transaction is undone


def no_such_user(user_id: int) -> HTTPException:
    return HTTPException(404, f"There is no user {user_id}")
