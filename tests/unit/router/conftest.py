"""How hard the property tests look: repeatable by default, longer and random with `TRUNKLINE_PROPERTIES=thorough`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_SLOW_TO_DRAW = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "repeatable",
    derandomize=True,
    max_examples=150,
    stateful_step_count=30,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    deadline=None,
    database=None,
    suppress_health_check=_SLOW_TO_DRAW,
)
settings.register_profile(
    "thorough",
    max_examples=2000,
    stateful_step_count=80,
    deadline=None,
    database=None,
    suppress_health_check=_SLOW_TO_DRAW,
    print_blob=True,
)
settings.load_profile(os.environ.get("TRUNKLINE_PROPERTIES", "repeatable"))
