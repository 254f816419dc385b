#!/bin/sh
# Installs what the tests need and runs them: tools/test.sh [pytest arguments]
set -eu
cd "$(dirname "$0")/.."
tools/debian.sh
tools/python.sh dev
CHROMIUM=$(tools/browser.sh)
export CHROMIUM
exec .venv/bin/python -m pytest "$@"
