"""Run the service: `python -m examples.web_service`."""

from __future__ import annotations

import argparse
import dataclasses
import logging
import socket
from pathlib import Path

import uvicorn

from .app import Settings, create_app


class Server(uvicorn.Server):
    """A server that those who look on do not keep from stopping: their streams end first."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.plans.end_streams()
        await super().shutdown(sockets)


def main() -> None:
    settings = Settings.from_environment()
    options = argparse.ArgumentParser(prog="python -m examples.web_service", description=__doc__)
    options.add_argument("--port", type=int, default=8000)
    options.add_argument("--directory", type=Path, default=settings.directory, help="where plans are kept")
    options.add_argument(
        "--emulator", action="store_true", default=settings.emulator, help="use an emulator, not the service"
    )
    given = options.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    settings = dataclasses.replace(settings, directory=given.directory, emulator=given.emulator)
    Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=given.port)).run()


if __name__ == "__main__":
    main()
