#!/bin/sh
# Makes .venv and installs what a lock file names, unless that has been done: tools/python.sh run|dev
#
# A stamp in .venv holds what was installed from which files; it is written last. A mark stands there while something is
# being installed: where one is found, the installation was interrupted, and .venv is made anew.
set -eu
cd "$(dirname "$0")/.."

case "${1:-}" in
run) lock=requirements.lock ;;
dev) lock=requirements-dev.lock ;;
*)
  echo "usage: tools/python.sh run|dev" >&2
  exit 2
  ;;
esac

# What the installation depends on: the lock, the project's metadata, and where .venv is.
key() {
  cksum "$1" pyproject.toml
  pwd
}

installed() {
  [ -f ".venv/.installed-$1" ] && [ "$(key "$2")" = "$(cat ".venv/.installed-$1")" ]
}

# The development lock holds everything of the other one, so either will do for running.
if [ ! -e .venv/.installing ] && .venv/bin/python -c '' 2>/dev/null; then
  if installed dev requirements-dev.lock; then exit 0; fi
  if [ "$1" = run ] && installed run requirements.lock; then exit 0; fi
fi

recent_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
  without_venv=
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    recent_enough "$candidate" || continue
    if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
      echo "$candidate"
      return
    fi
    without_venv=${without_venv:-$candidate}
  done
  if [ -n "$without_venv" ]; then
    package=$("$without_venv" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    echo "Python's venv module is missing: install it with 'apt-get install $package' as root, then try again." >&2
  else
    echo "Python 3.11 or newer is needed: install it (Debian 12: 'apt-get install python3 python3-venv' as root), or name one with PYTHON=/path/to/python3.11." >&2
  fi
  return 1
}

usable() {
  [ ! -e .venv/.installing ] && recent_enough .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1
}

if ! usable; then
  python=$(find_python)
  echo "Making .venv with $("$python" --version) ..."
  "$python" -m venv --clear .venv || {
    echo "The virtual environment .venv could not be made: see the lines above." >&2
    exit 1
  }
fi

rm -f .venv/.installed-run .venv/.installed-dev
: >.venv/.installing
echo "Installing what $lock names into .venv; the first time this takes a minute or two ..."
install() {
  .venv/bin/python -m pip install -qq --disable-pip-version-check --no-input "$@"
}
if ! install --require-hashes -r "$lock" || ! install --no-deps --no-build-isolation -e .; then
  echo "The packages could not be installed: check the network and the free disk space, then try again." >&2
  exit 1
fi

key "$lock" >".venv/.installed-$1"
rm .venv/.installing
