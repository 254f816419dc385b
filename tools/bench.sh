#!/bin/sh
# Measures the hub against the limits of this machine: tools/bench.sh [--quick] [--only relay,latency,...]
set -eu
cd "$(dirname "$0")/.."
tools/python.sh dev
exec .venv/bin/python -m tests.bench "$@"
