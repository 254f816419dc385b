#!/bin/sh
# Installs the Debian packages that the tests need and the machine lacks: a browser, fonts, mongod's libcurl, and npm.
set -eu
cd "$(dirname "$0")/.."

missing=
tools/browser.sh >/dev/null || missing="$missing chromium"
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=ru)" ]; then missing="$missing fontconfig fonts-dejavu-core"; fi
if ! PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q 'libcurl\.so\.4'; then missing="$missing libcurl4"; fi
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then missing="$missing nodejs npm"; fi
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "The tests need what Debian calls$missing: install that with your system's package manager, then try again." >&2
  exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
  echo "The tests need more packages: run 'apt-get install$missing' as root, then try again." >&2
  exit 1
fi
echo "Installing the Debian packages$missing ..."
export DEBIAN_FRONTEND=noninteractive
# Names are words of the list: they are split on purpose.
# shellcheck disable=SC2086
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null; }; then
  echo "The packages$missing could not be installed: install them by hand, or set CHROMIUM to a browser's path." >&2
  exit 1
fi
