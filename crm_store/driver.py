"""The seam to the driver: PyMongo's own asyncio API or Motor, which differ in what must be awaited.

Everything the store asks of MongoDB goes through `Database` and `Collection`; failures come out of them as errors
of the hub (see `failures.py`).
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import gridfs
from pymongo import AsyncMongoClient

from crm_store.codec import Document, storable
from crm_store.failures import named_failures
from crm_store.transactions import Work, run_transaction, settled
from router.errors import Misconfigured

DriverName = Literal["pymongo", "motor"]
Sort = Sequence[tuple[str, int]]

#: What the promises rest on; an address cannot weaken it.
_DURABLE: dict[str, Any] = {"w": "majority", "journal": True, "retryWrites": True, "tz_aware": True, "tzinfo": UTC}
#: What an address may say otherwise. Times in milliseconds.
_DEFAULTS: dict[str, Any] = {
    "readConcernLevel": "majority",
    "serverSelectionTimeoutMS": 3_000,
    "connectTimeoutMS": 3_000,
    "socketTimeoutMS": 20_000,
    "waitQueueTimeoutMS": 10_000,
    "appName": "trunkline",
}


#: waits until what concerns these things can be read, or until everything can
Ready = Callable[[Iterable[str] | None], Awaitable[None]]


async def _at_once(_: Iterable[str] | None) -> None:
    """Wait for nothing."""


class Collection:
    """One collection, with the calls the store needs. Every text in queries and writes is made storable first.

    Reads wait until everything that is committed can be read; with `about`, until everything about these things can.
    """

    def __init__(self, raw: Any, ready: Ready = _at_once) -> None:
        self.raw = raw
        self._ready = ready

    async def find(
        self,
        query: Document,
        *,
        sort: Sort = (),
        limit: int = 0,
        fields: Iterable[str] | None = None,
        about: Iterable[str] | None = None,
    ) -> list[Document]:
        """Return the documents that match."""
        await self._ready(about)
        projection = list(fields) if fields is not None else None
        with named_failures():
            cursor = self.raw.find(_asked(query), projection, sort=list(sort) or None, limit=limit)
            found: list[Document] = await cursor.to_list(length=None)
        return found

    async def pages(self, query: Document, size: int, *, fields: Iterable[str]) -> AsyncIterator[list[Document]]:
        """Yield all documents that match, so many at a time."""
        await self._ready(None)
        with named_failures():
            cursor = self.raw.find(_asked(query), list(fields)).batch_size(size)
            while page := await cursor.to_list(length=size):
                yield page

    async def find_one(
        self, query: Document, *, sort: Sort = (), fields: Iterable[str] | None = None
    ) -> Document | None:
        """Return the first document that matches."""
        return next(iter(await self.find(query, sort=sort, limit=1, fields=fields)), None)

    async def aggregate(
        self, stages: list[Document], session: Any = None, about: Iterable[str] | None = None
    ) -> list[Document]:
        """Return what the pipeline yields."""
        await self._ready(about)
        with named_failures():
            cursor = await settled(self.raw.aggregate(storable_values(stages), session=session))
            found: list[Document] = await cursor.to_list(length=None)
        return found

    async def insert(self, documents: list[Document]) -> None:
        """Insert documents in no order. A duplicate key raises the driver's `BulkWriteError` after all were tried."""
        with named_failures():
            await self.raw.insert_many(documents, ordered=False)

    async def update(self, query: Document, change: Document | list[Document], *, upsert: bool = False) -> bool:
        """Change the first document that matches; return whether there was one."""
        with named_failures():
            done = await self.raw.update_one(_asked(query), change, upsert=upsert)
        return bool(done.matched_count)

    async def find_or_insert(self, id_: str, fields: Document) -> Document:
        """Return the document of that id, made of `fields` if there was none."""
        with named_failures():
            found: Document = await self.raw.find_one_and_update(
                {"_id": id_}, {"$setOnInsert": fields}, upsert=True, return_document=True
            )
        return found

    async def delete(self, query: Document) -> None:
        """Delete all documents that match."""
        with named_failures():
            await self.raw.delete_many(_asked(query))


class Database:
    """A connected database."""

    def __init__(self, client: Any, name: str, bucket: Callable[..., Any]) -> None:
        self._client = client
        self._bucket = bucket
        self._ready: Ready = _at_once
        self._late: Container[str] = ()
        with named_failures():
            self.raw = client[name]

    def __getitem__(self, name: str) -> Collection:
        return Collection(self.raw[name], self._ready if name in self._late else _at_once)

    def read_after(self, ready: Ready, collections: Container[str]) -> None:
        """Have reads of these collections wait until they are `ready`."""
        self._ready, self._late = ready, collections

    async def settled(self) -> None:
        """Wait until everything that is committed can be read, also by those who use the driver's own calls."""
        await self._ready(None)

    async def command(self, *command: Any, **options: Any) -> Document:
        """Run a database command."""
        with named_failures():
            answer: Document = await self.raw.command(*command, **options)
        return answer

    async def transaction(self, work: Work) -> None:
        """Run `work(session)` in one transaction, repeated while it fails in passing ways, for `TRANSACTION_TIME`.

        `work` must use the collections' `raw`, because the driver's own errors tell what may be repeated.
        """
        with named_failures():
            async with await settled(self._client.start_session()) as session:
                await run_transaction(session, work)

    def bucket(self, name: str) -> Any:
        """Return the driver's GridFS bucket."""
        return self._bucket(self.raw, bucket_name=name)

    async def close(self) -> None:
        """Close all connections."""
        await settled(self._client.close())


def connect(url: str, name: str, driver: DriverName = "pymongo") -> Database:
    """Return a handle to the database `name`; the first call connects. Raises `Misconfigured`."""
    written = {key.lower() for key, _ in parse_qsl(urlsplit(url).query)}
    options = _DURABLE | {key: value for key, value in _DEFAULTS.items() if key.lower() not in written}
    with named_failures(), _no_option_ignored():
        if driver == "motor":
            client_class, bucket_class = _motor()
            return Database(client_class(url, **options), name, bucket_class)
        client: AsyncMongoClient[Document] = AsyncMongoClient(url, **options)
        return Database(client, name, gridfs.AsyncGridFSBucket)


@contextmanager
def _no_option_ignored() -> Iterator[None]:
    """Refuse an address with an option that the driver would only warn about and then leave out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        try:
            yield
        except UserWarning as warning:
            raise Misconfigured(f"store.url or store.database cannot be used: {warning}") from warning


def _motor() -> tuple[Any, Any]:
    """Return Motor's classes; Motor is an extra that few need."""
    try:
        from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorGridFSBucket
    except ImportError as error:
        raise Misconfigured(
            "store.driver is motor, which is not installed: install it with pip install 'trunkline[motor]', "
            "or set store.driver to pymongo."
        ) from error
    return AsyncIOMotorClient, AsyncIOMotorGridFSBucket


def _asked(query: Document) -> Document:
    answer: Document = storable_values(query)
    return answer


def storable_values(value: Any) -> Any:
    """Return a query with its texts made storable; its keys are the store's own."""
    if isinstance(value, dict):
        return {key: storable_values(field) for key, field in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [storable_values(item) for item in value]
    return storable(value)
