#!/usr/bin/env bash
# Run the graph on original files in a scratch clone of the committed state; the working tree is not touched.
# usage: scripts/originals.sh DIR
set -euo pipefail

originals=$(realpath "${1:?directory with one folder a study}")
clone=build/originals
for name in ${!DVC_@}; do unset "$name"; done

if [ -d "$clone/.git" ]; then
    git -C "$clone" fetch --quiet origin HEAD
    git -C "$clone" reset --quiet --hard FETCH_HEAD
else
    git clone --quiet . "$clone"
fi

cd "$clone"
export PYTHONPATH=src
sed -i "s/effort: quick/effort: standard/" params.yaml  # the samples are a first look, the originals are not
[ -d data/campaign ] || dvc pull --quiet data.dvc
python -m personae.cli data import "$originals"
python -m personae.cli repro
python -m personae.cli summary
echo "reports: $clone/reports/index.html"
