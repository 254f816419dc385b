"""The one place where the driver's errors become errors of the hub.

The table below covers every error class of `pymongo.errors`; a test fails when the driver grows a new one.
Two kinds pass through unchanged, because only the caller knows what they mean: a duplicate key, and misuse of
the driver by our own code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import InvalidDocument
from gridfs.errors import CorruptGridFile, NoFile
from pymongo import errors

from router.errors import HubError, Misconfigured, Rejected, Retryable

DUPLICATE_KEY = 11000

#: Failures that pass: no connection, no primary, no majority, no time, no room.
PASSING = (
    errors.ConnectionFailure,
    errors.WriteConcernError,
    errors.ExecutionTimeout,
    errors.CursorNotFound,
    errors.ProtocolError,
)
#: What is written in the configuration cannot work.
SETTINGS = (errors.ConfigurationError, errors.InvalidName)
#: This document can never be stored.
TOO_LARGE = (errors.DocumentTooLarge,)

#: Server codes that pass, from MongoDB's error_codes.yml (RetriableError, NetworkError, NotPrimaryError,
#: ShutdownError, Interruption, ExceededTimeLimitError) and the drivers' retryable-writes specification.
PASSING_CODES = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        46,  # LockBusy
        50,  # MaxTimeMSExpired
        63,  # StaleShardVersion
        64,  # WriteConcernFailed
        70,  # ShardNotFound
        79,  # UnknownReplWriteConcern
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        150,  # StaleEpoch
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        234,  # RetryChangeStream
        237,  # CursorKilled
        246,  # SnapshotUnavailable
        251,  # NoSuchTransaction
        262,  # ExceededTimeLimit
        290,  # TransactionExceededLifetimeLimitSeconds
        317,  # ConnectionPoolExpired
        358,  # InternalTransactionNotSupported while the node recovers
        384,  # ConnectionError
        462,  # IngressRequestRateLimitExceeded
        9001,  # SocketException
        10058,  # LegacyNotPrimary
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
    }
)
TOO_LARGE_CODES = frozenset({10334, 17280, 17419, 17420})
_PASSING_LABELS = (
    "TransientTransactionError",
    "UnknownTransactionCommitResult",
    "RetryableWriteError",
    "RetryableError",
    "SystemOverloadedError",
)
_ACCESS_CODES = {13: "does not allow what the hub needs", 18: "does not accept the user name and password"}
_NO_TRANSACTIONS = 20


@contextmanager
def named_failures() -> Iterator[None]:
    """Turn the driver's errors, raised within, into `Retryable`, `Misconfigured` or `Rejected`."""
    try:
        yield
    except (errors.PyMongoError, InvalidDocument) as error:
        known = meaning(error)
        if known is None:
            raise
        raise known from error


def meaning(error: Exception) -> HubError | None:
    """Return what a driver's error tells the caller to do; None when only the caller can know."""
    if isinstance(error, SETTINGS):
        return Misconfigured(f"store.url or store.database cannot be used: {said(error)}")
    if isinstance(error, TOO_LARGE):
        return Rejected("This is too large to be stored: MongoDB keeps at most 16 MB in one document.")
    if isinstance(error, NoFile):
        return Rejected("There is no such file.")
    if isinstance(error, CorruptGridFile):
        return Rejected("The stored file is damaged: its parts do not add up to its size.")
    if isinstance(error, PASSING) or _passes(error):
        return Retryable(
            f"The database cannot be reached ({said(error)}): check that it runs and that store.url is right."
        )
    return _by_code(error)


def duplicate_in(error: Exception) -> str | None:
    """Return the server's words when a write failed because of a duplicate key, else None."""
    if isinstance(error, errors.DuplicateKeyError):
        return str(error)
    if isinstance(error, errors.BulkWriteError):
        found = [wrong for wrong in error.details.get("writeErrors", ()) if wrong.get("code") == DUPLICATE_KEY]
        return str(found[0].get("errmsg", "duplicate key")) if found else None
    return None


def _passes(error: Exception) -> bool:
    if not isinstance(error, errors.PyMongoError):
        return False
    if any(error.has_error_label(label) for label in _PASSING_LABELS):
        return True
    return any(code in PASSING_CODES for code in _codes(error)) or _lacks_majority(error)


def _lacks_majority(error: Exception) -> bool:
    """Whether a bulk write was applied but not confirmed as durable."""
    return isinstance(error, errors.BulkWriteError) and bool(error.details.get("writeConcernErrors"))


def _codes(error: Exception) -> set[int]:
    """Return the server's codes: of the command, or of each write in a bulk."""
    if isinstance(error, errors.BulkWriteError):
        return {wrong.get("code", 0) for wrong in error.details.get("writeErrors", ())}
    return {error.code} if isinstance(error, errors.OperationFailure) and error.code is not None else set()


def _by_code(error: Exception) -> HubError | None:
    codes = _codes(error)
    for code, words in _ACCESS_CODES.items():
        if code in codes:
            return Misconfigured(f"The database {words}: check the user in store.url and their roles.")
    if codes & TOO_LARGE_CODES:
        return Rejected("This is too large to be stored: MongoDB keeps at most 16 MB in one document.")
    if _NO_TRANSACTIONS in codes and "Transaction numbers" in str(error):
        return not_a_replica_set()
    return None


def not_a_replica_set() -> Misconfigured:
    """Return the error for a server that has no transactions."""
    return Misconfigured(
        "The server at store.url runs alone and has no transactions: start it with --replSet and call rs.initiate() "
        "once."
    )


def said(error: Exception) -> str:
    """Return the driver's first words; the rest describes its topology at length, or quotes what was to be written."""
    words = duplicate_in(error) or str(error)
    return words.split(" (configured timeouts", 1)[0].split(", Timeout:", 1)[0].split(", full error", 1)[0][:300]
