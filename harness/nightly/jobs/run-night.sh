#!/usr/bin/env bash
# run-night.sh <history folder> <output folder> [options of npm run nightly]: runs a night, shows its summary, and hands its exit code on as `code`.
# The code is not the script's own: what follows (history, page, issue) must see red nights too.
set -euo pipefail
history=$1 out=$2
shift 2

code=0
npm run nightly -- --history "$history" --out "$out" "$@" || code=$?
mkdir -p "$out"
if [ ! -s "$out/summary.md" ]; then
  printf '# The night did not finish\n\n`npm run nightly` ended with code %s and wrote no summary: see the log of the job.\n' "$code" >"$out/summary.md"
  # A night that says nothing is not green.
  [ "$code" != 0 ] || code=70
fi
# Onto the page of the job where there is one, else into its log.
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$out/summary.md" >>"$GITHUB_STEP_SUMMARY"; else cat "$out/summary.md"; fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "code=$code" >>"$GITHUB_OUTPUT"; fi
