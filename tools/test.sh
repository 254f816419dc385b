#!/bin/sh
# Installs what the tests need and runs them: tools/test.sh [pytest arguments]
# They wait for databases and browsers more than they compute, so two run side by side (JOBS says how many).
set -eu
cd "$(dirname "$0")/.."
tools/debian.sh
# Without it all tests but one run, and that one says what is missing.
tools/witness.sh || true
tools/python.sh dev
CHROMIUM=$(tools/browser.sh)
export CHROMIUM
exec .venv/bin/python -m pytest -n "${JOBS:-2}" --dist worksteal "$@"
