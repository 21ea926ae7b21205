#!/usr/bin/env bash
# The checks of `make check` that are more than one command.
set -euo pipefail
cd "$(dirname "$0")/.."
python=.venv/bin/python

migrations() {
    # With a server, so that the order of what was applied is compared too; stopped again if nobody needs it.
    "$python" -m kam.embedded run "$python" manage.py makemigrations --check --dry-run
}

schema() {
    local fresh
    fresh=$(mktemp)
    trap 'rm -f "$fresh"' RETURN
    DJANGO_SETTINGS_MODULE=kam.settings.test "$python" -m django spectacular --validate --fail-on-warn --file "$fresh"
    if ! diff --unified docs/openapi.yaml "$fresh" >&2; then
        echo "docs/openapi.yaml differs from the code: make schema-update, and read what changed." >&2
        return 1
    fi
}

deploy() {
    env -u KAM_EMBEDDED \
        DJANGO_SETTINGS_MODULE=kam.settings.prod \
        KAM_SECRET_KEY="$("$python" -c 'import secrets; print(secrets.token_urlsafe(64))')" \
        KAM_ALLOWED_HOSTS=kam.example.com KAM_PUBLIC_URL=https://kam.example.com \
        DATABASE_URL=postgresql://kam_app:x@127.0.0.1:1/kam OWNER_DATABASE_URL=postgresql://kam_owner:x@127.0.0.1:1/kam \
        REDIS_URL=redis://127.0.0.1:1/0 \
        "$python" -m django check --deploy --fail-level WARNING
}

hosts() {
    # No tracked file may say where packages come from; brackets keep this line from finding itself.
    local pattern='py[p]i\.org|py[p]i\.python\.org|python[h]osted\.org|registry\.np[m]js|registry\.yarn[p]kg|files\.py[t]hon'
    if git grep --line-number --extended-regexp "$pattern" -- . >&2; then
        echo "the files above name a package registry host" >&2
        return 1
    fi
}

"$1"
