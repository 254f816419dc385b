"""The driver's errors tell the caller what to do."""

from __future__ import annotations

import inspect

import pytest
from bson.errors import InvalidBSON
from gridfs.errors import NoFile
from pymongo import errors
from pymongo.helpers_shared import _RETRYABLE_ERROR_CODES

from crm_store.failures import meaning, named_failures
from router.errors import HubError, Misconfigured, Rejected, Retryable

#: every class of pymongo.errors → what it becomes; None passes through unchanged
EXPECTED: dict[str, type[HubError] | None] = {
    "AutoReconnect": Retryable,
    "BulkWriteError": None,
    "ClientBulkWriteException": None,
    "CollectionInvalid": None,
    "ConfigurationError": Misconfigured,
    "ConnectionFailure": Retryable,
    "CursorNotFound": Retryable,
    "DocumentTooLarge": Rejected,
    "DuplicateKeyError": None,
    "EncryptedCollectionError": None,
    "EncryptionError": None,
    "ExecutionTimeout": Retryable,
    "InvalidDocument": None,
    "InvalidName": Misconfigured,
    "InvalidOperation": None,
    "InvalidURI": Misconfigured,
    "NetworkTimeout": Retryable,
    "NotPrimaryError": Retryable,
    "OperationFailure": None,
    "ProtocolError": Retryable,
    "PyMongoError": None,
    "ServerSelectionTimeoutError": Retryable,
    "WTimeoutError": Retryable,
    "WaitQueueTimeoutError": Retryable,
    "WriteConcernError": Retryable,
    "WriteError": None,
    "_OperationCancelled": Retryable,
}


def made(name: str) -> Exception:
    kind = getattr(errors, name)
    given = {"results": {}, "cause": RuntimeError("inner")}
    required = [
        given.get(each.name, "it failed")
        for each in inspect.signature(kind).parameters.values()
        if each.default is inspect.Parameter.empty and each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    if name == "ClientBulkWriteException":
        required = [{}, False]
    return kind(*required)  # type: ignore[no-any-return]  # looked up by name


def test_the_table_names_every_error_of_the_driver() -> None:
    known = {name for name, kind in vars(errors).items() if inspect.isclass(kind) and issubclass(kind, Exception)}
    assert known - {"_CertificateError"} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_each_error_says_what_to_do(name: str) -> None:
    expected = EXPECTED[name]
    assert type(meaning(made(name))) is (expected or type(None))


@pytest.mark.parametrize("code", sorted(_RETRYABLE_ERROR_CODES | {11600, 11601, 112, 251, 262, 64, 14031}))
def test_what_the_server_says_will_pass_is_retryable(code: int) -> None:
    assert isinstance(meaning(errors.OperationFailure("failed", code)), Retryable)
    bulk = errors.BulkWriteError({"writeErrors": [{"index": 0, "code": code, "errmsg": "failed"}]})
    assert isinstance(meaning(bulk), Retryable)


@pytest.mark.parametrize(
    "label", ["TransientTransactionError", "UnknownTransactionCommitResult", "RetryableWriteError"]
)
def test_labels_of_the_server_count(label: str) -> None:
    assert isinstance(meaning(errors.OperationFailure("failed", 1, {"errorLabels": [label]})), Retryable)


def test_a_bulk_that_was_not_confirmed_by_the_majority_is_retryable() -> None:
    details = {"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "waiting for replication timed out"}]}
    assert isinstance(meaning(errors.BulkWriteError(details)), Retryable)


@pytest.mark.parametrize("code", [13, 18])
def test_a_user_who_may_not_is_a_matter_of_settings(code: int) -> None:
    assert isinstance(meaning(errors.OperationFailure("no", code)), Misconfigured)


def test_a_server_without_transactions_is_a_matter_of_settings() -> None:
    words = "Transaction numbers are only allowed on a replica set member or mongos"
    assert isinstance(meaning(errors.OperationFailure(words, 20)), Misconfigured)


def test_a_file_that_is_missing_is_refused() -> None:
    assert isinstance(meaning(NoFile("none")), Rejected)


def test_what_only_the_caller_can_understand_passes_unchanged() -> None:
    with pytest.raises(errors.DuplicateKeyError), named_failures():
        raise errors.DuplicateKeyError("taken", 11000)
    with pytest.raises(InvalidBSON), named_failures():
        raise InvalidBSON


def test_the_sentence_leaves_out_the_drivers_topology() -> None:
    words = "127.0.0.1:1: [Errno 111] Connection refused (configured timeouts: x), Timeout: 3s, Topology Description: y"
    assert str(meaning(errors.ServerSelectionTimeoutError(words))) == (
        "The database cannot be reached (127.0.0.1:1: [Errno 111] Connection refused): "
        "check that it runs and that store.url is right."
    )
