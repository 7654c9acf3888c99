#!/usr/bin/env bash
# Dump the development database to backups/. Keeps the last seven dumps.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
COMPOSE_FILE="$ROOT/compose/docker-compose.dev.yml"

mkdir -p "$ROOT/backups"
target="$ROOT/backups/ledger-$(date +%F-%H%M).sql.gz"
# -T: no terminal, or the dump gets carriage returns
docker compose -f "$COMPOSE_FILE" --env-file "$ROOT/env/.env.dev" exec -T postgres \
  pg_dump -U ledger ledger | gzip >"$target"
echo "wrote $target"

ls -1t "$ROOT"/backups/*.sql.gz | tail -n +8 | xargs -r rm --
