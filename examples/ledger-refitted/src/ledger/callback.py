"""The OAuth callback server: takes the bank's redirect and hands the code to the app.

Standard library only, so that its image needs nothing installed.
"""

import json
import logging
import os
import ssl
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

log = logging.getLogger("ledger.callback")


def hand_over(code: str, state: str) -> None:
    """Give the code to the app; raises URLError when the app can't be reached or refuses it."""
    request = urllib.request.Request(
        os.environ.get("APP_URL", "https://localhost:8000") + "/oauth/code",
        data=json.dumps({"code": code, "state": state}).encode(),
        headers={
            "Content-Type": "application/json",
            "X-Callback-Token": os.environ["CALLBACK_TOKEN"],
        },
    )
    # Both servers use the same certificate: trust that one and no other
    tls = ssl.create_default_context(cafile=os.environ.get("CERT_FILE", "certs/cert.pem"))
    tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    urllib.request.urlopen(request, timeout=5, context=tls).close()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/health":
            self.reply(200, "ok")
        elif url.path == "/callback":
            self.callback(parse_qs(url.query))
        else:
            self.reply(404, "nothing here")

    def callback(self, query: dict[str, list[str]]) -> None:
        if "code" not in query or "state" not in query:
            self.reply(400, "the bank sent no code")
            return
        try:
            hand_over(query["code"][0], query["state"][0])
        except urllib.error.HTTPError as refused:
            self.reply(400, f"ledger refused the code ({refused.code}); please start again")
        except OSError as error:
            log.error("hand over: %s", error)
            self.reply(502, "ledger can't be reached, try again in a minute")
        else:
            self.reply(200, "Account linked. You can close this window.")

    def reply(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        # Without the query, which has the code in it
        log.debug("%s %s", self.command, urlsplit(self.path).path)


def main() -> None:
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "info").upper())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(
        os.environ.get("CERT_FILE", "certs/cert.pem"), os.environ.get("KEY_FILE", "certs/key.pem")
    )
    port = int(os.environ.get("LISTEN_PORT", "8182"))
    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    log.info("waiting for the bank on port %d", port)
    server.serve_forever()


if __name__ == "__main__":
    main()
