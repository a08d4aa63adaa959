"""What is asked of the server is answered at once."""

from __future__ import annotations

import asyncio
import socket

from server.serve import _listening


def test_no_answer_waits_for_the_acknowledgement_of_its_first_part() -> None:
    """Nagle's algorithm and delayed acknowledgements together cost 40 ms at every request."""

    async def accepted() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sock: socket.socket = writer.get_extra_info("socket")
            found.set_result(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with _listening("127.0.0.1", 0) as door:
            async with await asyncio.start_server(met, sock=door):
                with socket.create_connection(door.getsockname()):
                    return await found

    assert asyncio.run(accepted()) != 0
