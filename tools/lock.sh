#!/bin/sh
# Resolves pyproject.toml anew into the lock files. uv comes from PATH, from pipx, or from a virtual environment of its own.
set -eu
cd "$(dirname "$0")/.."

resolver() {
  if command -v uv >/dev/null; then
    uv "$@"
  elif command -v pipx >/dev/null; then
    pipx run uv "$@"
  else
    if [ ! -x .cache/uv/bin/uv ]; then
      "${PYTHON:-python3}" -m venv .cache/uv
      .cache/uv/bin/pip install --quiet --disable-pip-version-check uv
    fi
    .cache/uv/bin/uv "$@"
  fi
}

compile() {
  resolver pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
    --no-emit-index-url --no-emit-find-links --no-header "$@"
}

# Versions in the present lock are kept where they still fit; `tools/lock.sh --upgrade` takes the newest.
compile --extra mongod --group build --output-file requirements.lock "$@"
compile --extra charts --extra mongod --extra motor --group dev --output-file requirements-dev.lock "$@"
