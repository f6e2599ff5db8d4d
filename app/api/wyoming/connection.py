"""Answer the events of one connection, in their order."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NoReturn

from uvicorn.server import ServerState
from wyoming.event import Event
from wyoming.ping import Pong

from app.api.clients import mask_address
from app.api.connections import LINGER_SECONDS, QUIET_SECONDS, Connections
from app.api.jobs import ClientDisconnected, retrieve_exception
from app.api.live.protocol import CLOSE_SECONDS
from app.api.state import Service
from app.api.wyoming.events import MAX_HEADER_BYTES, encode_event, make_error_event, read_event
from app.api.wyoming.speaking import LiveSpeech, WyomingClient, begin_live_speech, observe_exchange, speak_text
from app.api.wyoming.voices import make_info, read_text
from app.errors import IntoneError, InvalidRequest, ReaderTooSlow, SocketSilent

TEXT_SECONDS = 300
"""Maximum seconds between two events of a text that arrives in pieces: a language model may call tools meanwhile."""
LOCAL_CLIENT = "unix"
"""What the limits count for all clients of a Unix socket, which have no addresses."""


class WyomingConnection:
    """One connection, from when it is made until it is lost; created and used in the event loop.

    An error is reported by an event `error`, and then the connection is closed: clients wait for the end of the audio
    otherwise.
    """

    def __init__(
        self,
        service: Service,
        connections: Connections,
        server_state: ServerState,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.transport: asyncio.Transport = writer.transport  # type: ignore[assignment]  # that of a socket
        self._service = service
        self._connections = connections
        self._server_state = server_state
        self._reader = reader
        self._writer = writer
        self._patience = service.make_patience()
        peer = writer.get_extra_info("peername")
        name = mask_address(peer[0]) if isinstance(peer, tuple) else LOCAL_CLIENT
        self._left = asyncio.Event()
        self._client = WyomingClient(name, self._send, self._left.wait)
        self._live: LiveSpeech | None = None
        self._is_stopping = False
        # uvicorn waits for its connections and tasks before it stops, and then cancels the tasks.
        server_state.connections.add(self)  # type: ignore[arg-type]  # only `shutdown` is called
        task = asyncio.create_task(self._run())
        server_state.tasks.add(task)
        task.add_done_callback(server_state.tasks.discard)
        connections.open.add(self)
        connections.idle[self] = None
        connections.make_room(self)

    def close_idle(self) -> None:
        """Close the connection, which is idle."""
        self.transport.close()

    def refuse(self, error: IntoneError) -> None:
        """Send an error, before the connection is closed."""
        self.transport.write(encode_event(make_error_event(error)))

    def shutdown(self) -> None:
        """Finish the request in progress, and then close; uvicorn calls this when the server stops."""
        self._is_stopping = True
        if self in self._connections.idle:
            self._close()

    def end_input(self) -> bool:
        """Stop the speech in progress, as the client has closed its side; return whether other answers are due."""
        self._left.set()
        return self in self._connections.idle

    def forget(self) -> None:
        """Stop the work of a connection that is lost."""
        self._left.set()
        self._connections.forget(self)
        self._server_state.connections.discard(self)
        if self._live:
            self._live.close()

    async def _run(self) -> None:
        """Answer events until the connection ends or an event fails."""
        try:
            while event := await self._next_event():
                await self._answer(event)
                if self._is_stopping and self._live is None:
                    break
        except (ClientDisconnected, OSError):
            pass
        except (ReaderTooSlow, asyncio.CancelledError) as error:
            self.transport.abort()
            if isinstance(error, asyncio.CancelledError):
                raise
        except IntoneError as error:
            with suppress(ClientDisconnected, OSError, IntoneError):
                await self._report(error)
        finally:
            if self._live:
                self._live.close()
            self._close()

    def _close(self) -> None:
        """Close the connection, within a bounded time if the client does not read the rest."""
        self.transport.close()
        asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.transport.abort)

    async def _next_event(self) -> Event | None:
        """Return the next event, or None at the end of the connection.

        Raise the error of the speech in progress, if it fails meanwhile.
        """
        reading = asyncio.create_task(read_event(self._reader))
        reading.add_done_callback(retrieve_exception)
        waiting = {reading, self._live.task} if self._live else {reading}
        try:
            await asyncio.wait(
                waiting,
                timeout=TEXT_SECONDS if self._live else QUIET_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._live and self._live.task.done():
                await self._finish_live()
                return None
            if reading.done():
                try:
                    return reading.result()
                except IntoneError as error:
                    self._refuse(error)
        finally:
            reading.cancel()
            await asyncio.wait({reading})  # a stream has one reader at a time
        if self._live:
            self._live.fail(SocketSilent(f"No event came for {TEXT_SECONDS} seconds.", hint="Send synthesize-stop."))
            await self._finish_live()
        return None

    def _refuse(self, error: IntoneError) -> NoReturn:
        """Log and count an error outside of any speech, and raise it."""
        with observe_exchange(self._service, self._send):
            raise error

    async def _answer(self, event: Event) -> None:
        """Answer one event; events of other kinds are dropped, as the protocol demands."""
        if event.type == "ping":
            text = event.data.get("text")
            await self._send(Pong(text if isinstance(text, str) else None).event())
        elif event.type == "describe":
            with observe_exchange(self._service, self._send):
                await self._send(make_info(self._service.get_pipeline().registry).event())
        elif event.type == "synthesize":
            # Within a text that arrives in pieces, Home Assistant repeats it whole for servers that take no pieces.
            if self._live is None:
                self._connections.idle.pop(self, None)
                try:
                    await speak_text(self._service, self._client, event.data)
                finally:
                    self._mark_idle()
        elif event.type == "synthesize-start":
            await self._begin_live(event)
        elif event.type in ("synthesize-chunk", "synthesize-stop"):
            await self._continue_live(event)

    async def _begin_live(self, event: Event) -> None:
        """Begin to speak a text that comes in pieces; one in progress ends at once."""
        if self._live:
            self._live.close()
            with suppress(ClientDisconnected):
                await self._finish_live()
        if self._left.is_set():
            raise ClientDisconnected
        self._connections.idle.pop(self, None)
        self._live = await begin_live_speech(self._service, self._client, event.data)

    async def _continue_live(self, event: Event) -> None:
        """Take the next piece of a text, or its end."""
        if self._live is None:
            self._refuse(InvalidRequest(f"{event.type} came without synthesize-start.", hint="Send that first."))
        if event.type == "synthesize-stop":
            self._live.end()
            await self._finish_live()
            return
        try:
            text = read_text(event.data)
        except IntoneError as error:
            self._live.fail(error)
        else:
            self._live.push(text)

    async def _finish_live(self) -> None:
        """Wait until the speech in progress has ended; raise its error."""
        assert self._live is not None
        try:
            await self._live.task
        finally:
            self._live = None
            self._mark_idle()

    def _mark_idle(self) -> None:
        if not self.transport.is_closing():
            self._connections.idle[self] = None

    async def _send(self, event: Event) -> None:
        """Send an event, and wait until the client has taken enough.

        Raise `ReaderTooSlow`, or ClientDisconnected if the connection is lost.
        """
        data = encode_event(event)
        try:
            self._writer.write(data)
            await self._patience.waiting_for(self._writer.drain(), len(data))
        except OSError:
            raise ClientDisconnected from None

    async def _report(self, error: IntoneError) -> None:
        """Send an error, and read on for a while: with unread bytes, closing would reset the connection and lose it."""
        await self._send(make_error_event(error))
        self._writer.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await self._reader.read(MAX_HEADER_BYTES):
                    pass
