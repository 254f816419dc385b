#!/bin/sh
# Prints the path of a Chromium: $CHROMIUM, or the first one found on PATH.
set -eu
for candidate in ${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; do
  if command -v "$candidate"; then exit 0; fi
done
exit 1
