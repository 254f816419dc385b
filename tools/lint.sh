#!/bin/sh
# Runs every check that does not run the code; tells of all that fail before it fails itself.
set -eu
cd "$(dirname "$0")/.."
tools/python.sh dev

PATH=$PWD/.venv/bin:$PATH
failed=
check() {
  echo "== $*"
  "$@" || failed=yes
}
check ruff check .
check ruff format --check .
check mypy
check lint-imports
check hub check config.yaml
[ -z "$failed" ]
