"""The load generator's command line."""

from __future__ import annotations

import pytest

from tests.bench.options import HARD_LIMIT, MEASURES, Options, parse


def test_everything_is_measured_unless_said_otherwise() -> None:
    assert parse([]) == Options(frozenset(MEASURES), quick=False, hard_limit=HARD_LIMIT)


def test_some_measures_can_be_chosen() -> None:
    assert parse(["--quick", "--only", "relay,latency"]) == Options(frozenset({"relay", "latency"}), quick=True)


@pytest.mark.parametrize("arguments", [["--only", "relay,speed"], ["--only", ""], ["--hard-limit", "0"], ["relay"]])
def test_what_makes_no_sense_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen must not cost five minutes of measuring the wrong thing."""
    with pytest.raises(SystemExit) as refused:
        parse(arguments)
    assert refused.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_stranger_is_named_with_what_was_expected(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--only", "relay,speed"])
    assert "there is no measure 'speed': expected some of choice,relay,latency" in capsys.readouterr().err
