#!/bin/sh
# Runs the hub on a Telegram of its own, with a page to write on as a client. Needs no token and no network besides the installation.
set -eu
cd "$(dirname "$0")/.."
tools/python.sh run
exec .venv/bin/python -m tests.demo_telegram
