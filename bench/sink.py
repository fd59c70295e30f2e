"""A mail server in its own process that takes all and keeps nothing: ``python -m bench.sink PORT``."""

import asyncio
import sys


class Sink(asyncio.Protocol):
    """As little SMTP as a well-behaved client needs (RFC 5321), so that the clients are what is measured."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""
        self.in_data = False
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer each complete command."""
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.in_data else b"\r\n"
            line, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            if self.in_data:
                self.in_data = False
                self.transport.write(b"250 taken\r\n")
                continue
            verb = line[:4].upper()
            self.in_data = verb == b"DATA"
            answers = {
                b"EHLO": b"250-sink\r\n250-8BITMIME\r\n250 SIZE 99999999\r\n",
                b"DATA": b"354 go on\r\n",
            }
            self.transport.write(answers.get(verb, b"250 fine\r\n"))
            if verb == b"QUIT":
                self.transport.close()


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
