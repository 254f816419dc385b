#!/bin/sh
# Takes the pictures of the widget and the console that the README shows.
set -eu
cd "$(dirname "$0")/.."
tools/debian.sh
tools/python.sh dev
CHROMIUM=$(tools/browser.sh)
export CHROMIUM
exec .venv/bin/python -m tests.acceptance.screenshots docs/images
