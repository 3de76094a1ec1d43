"""A users API in the shape of many tutorials, written for `databases`: only the import line is another."""

import asyncio
import os

import sqlalchemy
from fastapi import FastAPI, HTTPException
from sqlalchemy.schema import CreateTable

from evenflow import Database

DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///./test.db")

database = Database(DATABASE_URL)
metadata = sqlalchemy.MetaData()

users = sqlalchemy.Table(
    "users",
    metadata,
    sqlalchemy.Column("id", sqlalchemy.Integer, primary_key=True),
    sqlalchemy.Column("name", sqlalchemy.String),
)

app = FastAPI()


@app.on_event("startup")
async def startup():
    await database.connect()
    await database.execute(CreateTable(users, if_not_exists=True))


@app.on_event("shutdown")
async def shutdown():
    await database.disconnect()


async def slow_query():
    await asyncio.sleep(2)
    return {"message": "Here is what the slow query found"}


@app.get("/data")
async def read_data():
    return await slow_query()


@app.get("/users")
async def read_users():
    return await database.fetch_all(users.select())


@app.get("/users/{user_id}")
async def read_user(user_id: int):
    user = await database.fetch_one(users.select().where(users.c.id == user_id))
    if user is None:
        raise HTTPException(404, "There is no such user")
    return user
