"""What was seen on the thread of an event loop, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evenflow.guard.finding import Kind

Category = Literal["sleep", "network", "process", "wait", "disk", "database", "lock", "cpu", "constructed"]
"""What blocks: finer than `Kind`, because it decides what counts where.

`wait` is a wait in the kernel of which only this is known; `constructed` is an object made for each request of which an
app needs one."""

KINDS: dict[Category, Kind] = {
    "sleep": "waits",
    "network": "waits",
    "process": "waits",
    "wait": "waits",
    "disk": "disk",
    "database": "disk",
    "lock": "lock",
    "cpu": "cpu",
    "constructed": "cpu",
}

FIXES: dict[Category, str] = {
    "sleep": "await asyncio.sleep(...)",
    "network": "use an async client, or await asyncio.to_thread({call}, ...)",
    "process": "await asyncio.create_subprocess_exec(...), or await asyncio.to_thread({call}, ...)",
    "wait": "await asyncio.to_thread({call}, ...)",
    "disk": "await asyncio.to_thread({call}, ...)",
    "database": "use an async driver, or await asyncio.to_thread({call}, ...)",
    "lock": "use asyncio's own (asyncio.Lock, asyncio.Queue, asyncio.wrap_future), or asyncio.to_thread({call}, ...)",
    "cpu": "await asyncio.to_thread({call}, ...) if it lets go of the GIL, else a process pool",
    "constructed": "make one when the app starts (in its lifespan), and use it in every request",
}


_ONE_PER_APP = """
httpx.AsyncClient httpx.Client aiohttp.ClientSession requests.Session boto3.client boto3.resource boto3.Session
openai.AsyncOpenAI openai.OpenAI anthropic.AsyncAnthropic anthropic.Anthropic redis.asyncio.Redis redis.Redis
sqlalchemy.create_engine sqlalchemy.ext.asyncio.create_async_engine motor.motor_asyncio.AsyncIOMotorClient
pymongo.MongoClient pymongo.AsyncMongoClient elasticsearch.AsyncElasticsearch
"""
ONE_PER_APP = frozenset(_ONE_PER_APP.split())
"""What an app needs one of: making it costs tens of milliseconds, or a connection of its own for every request."""


@dataclass(frozen=True, slots=True)
class Event:
    """A call that was seen, or what a step of the loop showed."""

    category: Category
    call: str | None = None
    """The full name of what was called, where the source of the event knows it."""
