"""A server in a process of its own on a free loopback port."""

import os
import socket
import subprocess
import time

START_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running program that listens on `port`; what it says goes to `log`."""

    def __init__(self, arguments, port, log, cwd):
        self.port, self.log = port, log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [str(argument) for argument in arguments],
                env={"PATH": os.environ["PATH"], "HOME": str(cwd)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd,
            )

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise SystemExit(f"a server did not start:\n{self.log.read_text()}")

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"


def exported(log):
    """The variables that a program printed as `export NAME=value`."""
    lines = [line.removeprefix("export ") for line in log.read_text().splitlines() if line.startswith("export ")]
    return dict(line.split("=", 1) for line in lines)
