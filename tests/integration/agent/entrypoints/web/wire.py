"""Bytes on a connection, as no well-behaved client would send them."""

import asyncio


async def exchange(port: int, request: bytes, seconds: float = 20) -> bytes:
    """What comes back until the server closes, or for so long."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await _all_of(reader, seconds)
    finally:
        writer.close()
        await asyncio.wait({asyncio.ensure_future(_closed(writer))}, timeout=1)


async def _all_of(reader: asyncio.StreamReader, seconds: float) -> bytes:
    found = b""
    try:
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(65536):
                found += chunk
                if b"\r\n\r\n" in found and b"connection: close" not in found.lower():
                    return found
    except (TimeoutError, ConnectionError):
        pass
    return found


async def _closed(writer: asyncio.StreamWriter) -> None:
    try:
        await writer.wait_closed()
    except ConnectionError:
        return
