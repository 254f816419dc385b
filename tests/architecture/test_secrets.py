"""How the code treats secrets: they are looked up by their digest or compared in constant time."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("bots", "crm_store", "hub", "router")
SECRET = re.compile(r"(token|secret|password|signature|hmac|api_key)s?$")


def _compared(source: str) -> Iterator[str]:
    """Yield each comparison with == or != of something whose name says that it is a secret."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare) or not any(isinstance(it, ast.Eq | ast.NotEq) for it in node.ops):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) and not side.value for side in sides):
            continue  # whether there is one at all is no secret
        names = [getattr(side, "id", getattr(side, "attr", "")) for side in sides]
        if any(SECRET.search(name.lower()) for name in names):
            yield ast.unparse(node)


def test_secrets_are_never_compared_character_by_character() -> None:
    """The time that takes would tell how much of a guess was right: hmac.compare_digest, or a look-up by digest."""
    found = [
        f"{path.relative_to(ROOT)}: {comparison}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for comparison in _compared(path.read_text("utf-8"))
    ]
    assert found == []


def test_a_comparison_of_secrets_would_be_noticed() -> None:
    """Whichever side it stands on."""
    assert list(_compared("given == self.token")) == ["given == self.token"]
    assert list(_compared("if password != kept: pass")) == ["password != kept"]
    assert list(_compared("name == operator or token == ''")) == []
