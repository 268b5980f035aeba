#!/usr/bin/env bash
# tell-issue.sh <runner> <output folder> <exit code of the night>: one standing issue per kind of runner, opened, updated and closed by the verdict.
# Needs GitHub's `gh` with GH_TOKEN and GH_REPO; RUN_URL is named in what it writes.
set -euo pipefail
runner=$1 out=$2 code=$3
label=nightly-$runner

body=$(mktemp)
trap 'rm -f "$body"' EXIT
# An issue holds 65,536 characters.
head -c 60000 "$out/summary.md" >"$body"
printf '\n\n%s\n' "${RUN_URL:-}" >>"$body"

standing=$(gh issue list --state all --label "$label" --limit 1 --json number,state --jq '.[] | "\(.number) \(.state)"')
number=${standing%% *} state=${standing##* }

if [ "$code" = 0 ]; then
  if [ "$state" = OPEN ]; then
    gh issue edit "$number" --body-file "$body"
    gh issue close "$number" --comment "Green: ${RUN_URL:-}"
  fi
elif [ -z "$standing" ]; then
  gh label create "$label" --force --description 'The standing issue of the nightly benchmark'
  gh issue create --title "Nightly benchmark is red ($runner)" --label "$label" --body-file "$body"
else
  gh issue edit "$number" --body-file "$body"
  [ "$state" = OPEN ] || gh issue reopen "$number"
  gh issue comment "$number" --body "Red (code $code): ${RUN_URL:-}"
fi
