#!/bin/sh
# Starts the hub from a settings file: tools/run.sh [config.yaml]
set -eu
cd "$(dirname "$0")/.."
tools/python.sh run

# Editors read the schema that the first line of config.yaml names. It is no reason not to start: a folder that
# cannot be written to is reported by the hub itself.
schema=data/config.schema.json
if [ ! -f "$schema" ] || [ -n "$(find bots hub router -name '*.py' -newer "$schema" -print -quit)" ]; then
  .venv/bin/hub schema --out "$schema" 2>/dev/null || true
fi

exec .venv/bin/hub run "${1:-config.yaml}"
