"""The load generator's HTTP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.failure import BenchFailed
from tests.bench.wire import Answer, expect, read_answer, request

WHOLE = b'HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{"duplicate":false}'


@given(st.integers(0, len(WHOLE) - 1))
def test_a_part_of_an_answer_is_no_answer_yet(end: int) -> None:
    """Wherever the network cuts it."""
    assert read_answer(WHOLE[:end]) is None


def test_a_whole_answer_is_read() -> None:
    assert read_answer(WHOLE) == Answer(202, b'{"duplicate":false}')


def test_an_answer_without_a_length_is_a_failure() -> None:
    with pytest.raises(BenchFailed, match="Content-Length"):
        read_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")


def test_a_request_carries_its_length_and_what_is_added() -> None:
    posting = request("POST", "/api", {"Authorization": "Bearer t"})
    assert posting.bytes(b"{}", b"Idempotency-Key: r1\r\n") == (
        b"POST /api HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer t\r\n"
        b"Content-Length: 2\r\nIdempotency-Key: r1\r\n\r\n{}"
    )


def test_an_unexpected_status_fails_with_what_the_hub_said() -> None:
    with pytest.raises(BenchFailed, match="A reply was answered with 429 instead of 200: slow down"):
        expect(Answer(429, b"slow down"), 200, "A reply")
