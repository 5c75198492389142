"""Shows under /metrics each StatsD line that came, without its value."""

import http.server
import socketserver
import threading

seen: set[str] = set()


class Lines(socketserver.BaseRequestHandler):
    """One datagram, which may have several lines."""

    def handle(self) -> None:
        """Remembers what was sent."""
        seen.update(line.split(":")[0] for line in self.request[0].decode().splitlines())


class Shown(http.server.BaseHTTPRequestHandler):
    """Whatever is asked for."""

    def do_GET(self) -> None:
        """All names with their tags."""
        self.send_response(200)
        self.end_headers()
        if self.path == "/metrics":
            self.wfile.write("\n".join(sorted(seen)).encode())

    do_HEAD = do_GET  # noqa: N815 (the name that the library calls)


if __name__ == "__main__":
    lines = socketserver.UDPServer(("0.0.0.0", 9125), Lines)
    threading.Thread(target=lines.serve_forever, daemon=True).start()
    http.server.ThreadingHTTPServer(("0.0.0.0", 9102), Shown).serve_forever()
