#!/bin/sh
# Everything a tool can decide: format, lint, types, imports, migrations, templates, translations.
set -eu
export NETOPS_DATA_DIR="${NETOPS_DATA_DIR:-$(mktemp -d)}"
step() { echo "== $1"; shift; "$@"; }
step "format" ruff format --check .
step "lint" ruff check .
step "types" mypy kernel collectors compliance alerts inventory netops
step "import contracts" lint-imports --no-cache
step "start-up checks" python manage.py check --fail-level WARNING
step "migrations in step" python manage.py makemigrations --check --dry-run
step "templates" djlint --lint kernel compliance alerts netops --extension html --quiet
step "templates compile" python -m tests.templates
step "translations complete" python manage.py translations --check
