"""Speaks TLS in the place of a simulator: python3 front.py ADDRESS CERTIFICATE PORT.

Run in the machine, by the Python of its system: listens on ADDRESS:443, and passes on to
127.0.0.1:PORT what comes.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from contextlib import suppress


async def main(address: str, certificate: str, port: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", int(port))
        await asyncio.gather(copy(reader, forth), copy(back, writer))

    server = await asyncio.start_server(connected, address, 443, ssl=context)
    await server.serve_forever()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
