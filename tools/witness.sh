#!/bin/sh
# Installs a stand-in for Telegram that others have written, an npm package, into .cache: one of the tests talks to it.
set -eu
cd "$(dirname "$0")/.."

package=telegram-test-api@4.2.1
folder=.cache/telegram-test-api
if [ -f "$folder/.installed" ] && [ "$(cat "$folder/.installed")" = "$package" ]; then exit 0; fi

echo "Installing $package into $folder ..."
rm -rf "$folder"
mkdir -p "$folder"
if ! npm install --silent --no-save --no-package-lock --no-audit --no-fund --ignore-scripts --prefix "$folder" "$package"; then
  echo "$package could not be installed: check the network and that npm works, then try again." >&2
  exit 1
fi
echo "$package" >"$folder/.installed"
