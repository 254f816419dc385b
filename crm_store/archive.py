"""What a backup is made of: a gzipped tar of BSON parts, with a manifest at its end.

`<collection>/<number>.bson` holds whole documents one after the other, in the order of their ids, exactly as the
database keeps them. `manifest.json` names every part with its size and SHA-256, and every collection with its number of
documents and the SHA-256 over all of them, which is the same for the collection that is restored.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from router.errors import Misconfigured

#: rises when an archive can no longer be read by the code of before
FORMAT = 1
MANIFEST = "manifest.json"
#: bytes; documents are at most 16 MB
PART = 8 * 1024 * 1024
#: of gzip: BSON shrinks to a fifth, and more effort gains little
_EFFORT = 4
_MANIFEST_LIMIT = 64 * 1024 * 1024
_PART_LIMIT = PART + 17 * 1024 * 1024
_HEAD = 4


@dataclass(slots=True)
class Contents:
    """What an archive holds of one collection."""

    documents: int = 0
    #: over all documents
    sha256: str = ""


@dataclass(slots=True)
class Manifest:
    """What an archive holds, and of when."""

    #: name → contents
    collections: dict[str, Contents]
    #: name of the part → size in bytes and SHA-256
    parts: dict[str, tuple[int, str]]
    #: when the backup began, by the hub's clock, as ISO 8601
    made_at: str
    #: the database it was made of
    database: str
    #: everything is of one moment
    snapshot: bool
    version: str
    format: int = FORMAT

    @property
    def documents(self) -> int:
        """How many documents there are altogether."""
        return sum(it.documents for it in self.collections.values())


@dataclass(slots=True)
class Digest:
    """The SHA-256 and the number of documents that went through it."""

    documents: int = 0
    _sha256: Any = field(default_factory=hashlib.sha256)

    def add(self, batch: bytes) -> None:
        """Take in whole documents."""
        self._sha256.update(batch)
        self.documents += sum(1 for _ in documents_in(batch))

    def contents(self) -> Contents:
        """Return what was taken in."""
        return Contents(self.documents, self._sha256.hexdigest())


def documents_in(batch: bytes) -> Iterator[bytes]:
    """Yield each BSON document of a batch; a document begins with its own size. Raises `Misconfigured`."""
    start = 0
    while start < len(batch):
        size = int.from_bytes(batch[start : start + _HEAD], "little")
        if size <= _HEAD or start + size > len(batch):
            raise Misconfigured("The archive is damaged: a part of it does not hold whole documents.")
        yield batch[start : start + size]
        start += size


class Writer:
    """Writes an archive, which appears under its name once it is whole. Blocking: for a thread of its own."""

    def __init__(self, path: Path) -> None:
        """Begin. Raises `Misconfigured` when there is such a file already, and `OSError`."""
        if path.exists():
            raise Misconfigured(f"There is a file {path} already: name one that does not exist.")
        self._path = path
        self._unfinished = path.with_name(f"{path.name}.part")
        self._unfinished.unlink(missing_ok=True)
        self._unfinished.touch(mode=0o600)
        self._file = self._unfinished.open("wb")
        self._gzip = gzip.GzipFile(fileobj=self._file, mode="wb", compresslevel=_EFFORT)
        self._tar = tarfile.open(fileobj=self._gzip, mode="w|")  # noqa: SIM115 - see `finish`
        self.parts: dict[str, tuple[int, str]] = {}

    def add(self, name: str, data: bytes) -> None:
        """Add one part."""
        self._put(name, data)
        self.parts[name] = (len(data), hashlib.sha256(data).hexdigest())

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest, make everything durable and give the archive its name."""
        self._put(MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
        self._tar.close()
        self._gzip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._unfinished.rename(self._path)

    def close(self) -> None:
        """Let go of the file; an unfinished one is deleted."""
        self._gzip.close()
        self._file.close()
        self._unfinished.unlink(missing_ok=True)

    def _put(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(data), 0o600
        self._tar.addfile(member, io.BytesIO(data))


def read_parts(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the bytes of each member. Blocking. Raises `Misconfigured` when it is no whole archive."""
    try:
        with tarfile.open(path, mode="r|gz") as tar:
            for member in tar:
                limit = _MANIFEST_LIMIT if member.name == MANIFEST else _PART_LIMIT
                file = tar.extractfile(member) if member.isreg() and member.size <= limit else None
                if file is None:
                    raise Misconfigured(f"{path} is no backup of a hub: it holds {member.name!r}.")
                yield member.name, file.read()
    except FileNotFoundError as error:
        raise Misconfigured(f"There is no file {path}: name the archive that `hub backup` wrote.") from error
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise Misconfigured(f"{path} cannot be read as a backup ({error}): use another copy of it.") from error


def verified(path: Path) -> Manifest:
    """Return the manifest of an archive that is whole. Blocking. Raises `Misconfigured` with what is wrong."""
    found: dict[str, tuple[int, str]] = {}
    digests: dict[str, Digest] = {}
    manifest: Manifest | None = None
    for name, data in read_parts(path):
        if name == MANIFEST:
            manifest = _manifest(path, data)
            continue
        found[name] = (len(data), hashlib.sha256(data).hexdigest())
        digests.setdefault(collection_of(name), Digest()).add(data)
    if manifest is None:
        raise Misconfigured(f"{path} is not whole: it ends before its manifest. Use another copy of it.")
    contents = {name: digests.get(name, Digest()).contents() for name in manifest.collections}
    if found != manifest.parts or contents != manifest.collections:
        raise Misconfigured(f"{path} is damaged: its parts are not those that were written. Use another copy of it.")
    return manifest


def collection_of(part: str) -> str:
    """Return the collection that a part belongs to."""
    return part.rpartition("/")[0]


def _manifest(path: Path, data: bytes) -> Manifest:
    try:
        read = json.loads(data)
        if read["format"] > FORMAT:
            raise Misconfigured(f"{path} was written by a newer release ({read['version']}): install that one first.")
        collections = {name: Contents(**it) for name, it in read.pop("collections").items()}
        parts = {name: (size, digest) for name, (size, digest) in read.pop("parts").items()}
        return Manifest(collections=collections, parts=parts, **read)
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"{path} is no backup of a hub: its manifest makes no sense.") from error
