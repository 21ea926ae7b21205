#!/usr/bin/env bash
# Compiles the locks: hashes of every platform, and no index address, so that whoever installs decides where
# packages come from. Pass ARGS to uv, for instance --upgrade.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    "${PYTHON:-.venv/bin/python}" -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-annotate --custom-compile-command "make lock" ${ARGS:-} "$@"
}

compile pyproject.toml --output-file requirements.txt
compile pyproject.toml --group dev --constraint requirements.txt --output-file requirements-dev.txt
compile --group node --output-file requirements-node.txt
