#!/bin/sh
# Wait until the service says that it is healthy: wait-for-health.sh URL
set -eu
url=${1:-https://localhost:8000/health}
for _ in $(seq 60); do
  # -k: the development certificate is self-signed
  if curl -fsk "$url" >/dev/null; then exit 0; fi
  sleep 1
done
echo "$url is not healthy after a minute" >&2
docker compose -f compose/docker-compose.ci.yml logs app >&2
exit 1
