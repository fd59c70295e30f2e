"""Speaking to systemd: one datagram a line, sd_notify(3). Silent where nobody listens."""

import contextlib
import os
import socket


class Notifier:
    """Says lines such as ``READY=1`` to the service manager, if there is one."""

    def __init__(self) -> None:
        address = os.environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL of an abstract socket.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)

    def __call__(self, line: str) -> None:
        """Send one line. Never raises: a service manager that is gone is no reason to stop."""
        if self._address:
            with contextlib.suppress(OSError):
                self._socket.sendto(line.encode(), self._address)

    def close(self) -> None:
        """Speak no more."""
        self._socket.close()
