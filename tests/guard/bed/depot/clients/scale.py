"""The scale in the hall, which speaks over a socket."""

import socket

from depot.settings import settings


class Scale:
    def __init__(self, port: int) -> None:
        self.port = port

    def weight(self, duration: float) -> float:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as line:
            line.sendall(f"{duration}\n".encode())
            return self._answer(line)

    def _answer(self, line: socket.socket) -> float:
        # bed: m/socket-recv kind=waits depth=4 call=socket.socket.recv
        return float(line.recv(64))


class ScaleBook:
    def __init__(self, scale: Scale | None = None) -> None:
        self.scale = scale or Scale(settings.scale_port)

    def weigh(self, duration: float) -> float:
        return self.scale.weight(duration)
