#!/usr/bin/env bash
# Renew the lock files: every platform at once, hashes, no index address.
set -euo pipefail
cd "$(dirname "$0")/../.."
compile() {
    .venv/bin/uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 -q \
        --custom-compile-command "make lock" "$@"
}
compile pyproject.toml -o requirements/run.lock
compile pyproject.toml --extra dev -o requirements/dev.lock
compile requirements/bundle.in -c requirements/dev.lock -o requirements/bundle.lock
compile requirements/installer.in -o requirements/installer.lock
# The users are on Windows: the same lock must resolve to wheels there.
.venv/bin/uv pip install -q --dry-run --target out/windows --python-platform x86_64-pc-windows-msvc \
    --python-version 3.12 --only-binary :all: -r requirements/run.lock
