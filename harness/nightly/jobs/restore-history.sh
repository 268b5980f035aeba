#!/usr/bin/env bash
# restore-history.sh <folder> [remote] [branch]: puts the history of earlier nights, which is a branch of its own, into a folder.
set -euo pipefail
folder=$1 remote=${2:-origin} branch=${3:-nightly-history}

found=0
git ls-remote --exit-code "$remote" "refs/heads/$branch" >/dev/null || found=$?
case $found in
  0)
    git fetch --no-tags "$remote" "refs/heads/$branch"
    git worktree add --detach "$folder" FETCH_HEAD
    ;;
  2)
    # No such branch: the first night. Any other code is a remote that did not answer, and must not look like a first night.
    export GIT_AUTHOR_NAME=nightly GIT_AUTHOR_EMAIL=nightly@localhost GIT_COMMITTER_NAME=nightly GIT_COMMITTER_EMAIL=nightly@localhost
    empty=$(git mktree </dev/null)
    git worktree add --detach "$folder" "$(git commit-tree "$empty" -m 'Begin the history of nights')"
    ;;
  *)
    echo "history of nights: got no answer from $remote (git's code $found), expected its branches. Run the job again." >&2
    exit 75
    ;;
esac
