#!/bin/sh
# Self-signed development certificate for the app and the callback listener.
# Both use the same one; browsers will complain, that is fine.
set -eu
cd "$(dirname "$0")/.."
mkdir -p certs
openssl req -x509 -newkey rsa:2048 -nodes -days 365 \
  -keyout certs/key.pem -out certs/cert.pem \
  -subj "/CN=localhost" \
  -addext "subjectAltName=DNS:localhost,DNS:app,DNS:callback,IP:127.0.0.1"
echo "certs/cert.pem and certs/key.pem are good for a year"
