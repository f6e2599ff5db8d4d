"""Serve one socket: authenticate it, route its messages to contexts, and send what these speak."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from app.api.live.context import LiveContext
from app.api.live.messages import (
    GOING_AWAY,
    ClientMessage,
    choose_close_code,
    make_error_message,
    make_final_message,
    make_warning_message,
    parse_message,
)
from app.api.live.options import LiveOptions, apply_voice_settings
from app.errors import IntoneError, InvalidRequest, ReaderTooSlow, SocketSilent, TooManyContexts
from app.types import PlanWarning

if TYPE_CHECKING:
    from app.api.state import Service

MAX_CONTEXTS = 16
"""Maximum contexts of a socket that are open or still speak."""
IGNORED_TEXT = PlanWarning(
    "ignored_field", "text: it is not spoken in a message that closes; send it before, and flush it."
)
DEFAULT_CONTEXT = "default"
"""Context of messages that name none, on a socket with several contexts."""


@dataclass(slots=True)
class _OpenContext:
    context: LiveContext
    sending: asyncio.Task[None]


class LiveSocket:
    """One accepted and authenticated socket; used from one event loop."""

    def __init__(
        self, websocket: WebSocket, service: Service, options: LiveOptions, client: str, *, is_multi: bool
    ) -> None:
        self._websocket = websocket
        self._service = service
        self._options = options
        self._client = client
        self._is_multi = is_multi
        self._contexts: dict[str, _OpenContext] = {}
        self._patience = service.make_patience()
        self._sending = asyncio.Lock()
        self._sent_at = 0.0
        """When a message was last sent, by the clock of the event loop."""
        self._is_ending = False
        """Whether the client wants the socket to be closed when everything flushed is spoken."""
        self._is_draining = False
        """Whether the service stops."""

    async def serve(self, first: ClientMessage | None) -> None:
        """Serve the socket until it is closed; `first` is a message that was received already."""
        failure: IntoneError | None = None
        try:
            await self._warn(self._options.warnings, None)
            if first is not None:
                await self._receive(first)
            await self._serve()
        except IntoneError as error:
            failure = error
        finally:
            await self._close_contexts()
        if failure is not None:
            self._websocket.state.log["code"] = failure.code
            await self._close(choose_close_code(failure), make_error_message(failure, None))

    async def _serve(self) -> None:
        """Receive messages until the client or the service ends the socket."""
        draining = asyncio.create_task(self._service.draining.wait())
        receiving: asyncio.Task[ClientMessage | None] | None = None
        try:
            while True:
                ended = self._is_ending and not self._contexts
                if ended or (self._is_draining and not self._contexts):
                    await self._close(1000 if ended else GOING_AWAY)
                    return
                # Also when no more text is wanted: that is how the client's leaving is noticed.
                if receiving is None:
                    receiving = asyncio.create_task(self._receive_message())
                tasks = [one.sending for one in self._contexts.values()]
                waiting = {*tasks, receiving, *([] if draining.done() else [draining])}
                done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if draining in done:
                    self._is_draining = True
                    self._end_contexts()
                for name in [name for name, one in self._contexts.items() if one.sending in done]:
                    self._forget(name)
                if receiving in done:
                    message, receiving = receiving.result(), None
                    if message is None:
                        return
                    await self._receive(message)
        finally:
            for task in (draining, receiving):
                if task is not None:
                    task.cancel()

    async def _receive_message(self) -> ClientMessage | None:
        """Return the next message; None if the client has disconnected.

        Raise `SocketSilent` if none comes in time, unless contexts speak meanwhile, or have text to speak.
        """
        seconds, loop = self._options.inactivity_seconds, asyncio.get_running_loop()
        heard = loop.time()
        while True:
            try:
                async with asyncio.timeout_at(max(heard, self._sent_at) + seconds):
                    received = await self._websocket.receive()
            except TimeoutError:
                is_speaking = not all(one.context.stream.waits_for_text for one in self._contexts.values())
                if is_speaking or self._is_ending or self._is_draining or self._sent_at + seconds > loop.time():
                    heard = loop.time()
                    continue
                raise SocketSilent(f"No message came for {seconds:g} seconds.") from None
            return None if received["type"] == "websocket.disconnect" else parse_message(received.get("text"))

    async def _receive(self, message: ClientMessage) -> None:
        """Do what a message says; an error about one of several contexts ends only that context."""
        name = (message.context_id or DEFAULT_CONTEXT) if self._is_multi else DEFAULT_CONTEXT
        closes = message.close_socket or (message.close_context and self._is_multi)
        if closes and (message.text or "").strip():
            await self._warn([IGNORED_TEXT], name if self._is_multi else None)
        if message.close_socket:
            self._end_socket()
        elif closes:
            self._close_context(name)
        elif not (self._is_ending or self._is_draining):
            try:
                await self._take_text(name, message)
            except TooManyContexts:
                raise
            except IntoneError as error:
                if not self._is_multi:
                    raise
                await self._send(make_error_message(error, name))
                if name not in self._contexts:
                    await self._send(make_final_message(name))
                elif not self._contexts[name].context.is_closing:
                    self._contexts[name].context.stream.close()

    async def _take_text(self, name: str, message: ClientMessage) -> None:
        """Give the text of a message to its context, which it may open."""
        if name in self._contexts:
            self._push(self._contexts[name].context, message)
        elif message.text:
            await self._open(name, message)
            # The blank that opens a text is no part of it.
            if message.text.strip() or message.flush:
                self._push(self._contexts[name].context, message)
        elif message.text == "" and not self._is_multi and not message.flush:
            self._is_ending = True

    def _push(self, context: LiveContext, message: ClientMessage) -> None:
        stream, text = context.stream, message.text or ""
        if context.is_closing and text.strip():
            raise InvalidRequest("The context is being closed.", hint="Send further text in another context.")
        if text.strip():
            self._service.live.count_characters(self._client, len(text))
            context.characters += len(text)
            context.is_flushed = False
        if text:
            stream.push(text)
        if message.flush:
            # Sentences that are flushed one by one do not end a context: a client that closes it after them drops it.
            context.is_flushed = not text.strip() or not self._options.auto_mode
            stream.flush()
        elif text.strip() and (message.try_trigger_generation or self._options.auto_mode):
            stream.settle()
        if text == "" and not self._is_multi and message.text is not None and not message.flush:
            self._is_ending = True
            stream.end()

    async def _open(self, name: str, message: ClientMessage) -> None:
        """Open a context with the options of its first message."""
        # Imported here: importing torch takes seconds, in which the service must already respond.
        from app.live.session import LiveSession

        if len(self._contexts) >= MAX_CONTEXTS:
            raise TooManyContexts(f"This socket has {MAX_CONTEXTS} open contexts.")
        speech = apply_voice_settings(self._options.speech, message.voice_settings)
        pipeline, run = self._service.get_pipeline(), self._service.speaking.run_step
        # In a thread, because the classifier reads instructions.
        session = await run(lambda: LiveSession(pipeline, speech, first_at_comma=self._options.first_clause))
        context = LiveContext(session, self._options, name if self._is_multi else None, run)
        self._contexts[name] = _OpenContext(context, asyncio.create_task(self._send_context(context)))

    def _close_context(self, name: str) -> None:
        """End a context: what was flushed is spoken to its end, anything else is dropped at once."""
        if name not in self._contexts:
            return
        context = self._contexts[name].context
        context.is_closing = True
        if context.is_flushed:
            context.stream.end()
        else:
            context.stream.close()

    def _end_contexts(self) -> None:
        """Speak what the contexts have, and end them."""
        for one in self._contexts.values():
            one.context.stream.end()

    def _end_socket(self) -> None:
        self._is_ending = True
        for name in tuple(self._contexts):
            self._close_context(name)

    async def _send_context(self, context: LiveContext) -> None:
        """Send the messages of a context to their end; an error ends the context, and a single stream's socket."""
        try:
            async for message in context.messages():
                await self._send(message)
        except ReaderTooSlow:
            raise
        except IntoneError as error:
            if not self._is_multi:
                raise
            self._websocket.state.log["code"] = error.code
            await self._send(make_error_message(error, context.context_id))
            await self._send(make_final_message(context.context_id))
        finally:
            context.stream.close()

    async def _warn(self, warnings: Sequence[PlanWarning], context_id: str | None) -> None:
        """Send warnings that belong to no utterance, if there are any and the client wants them."""
        if warnings and self._options.with_utterances:
            await self._send(make_warning_message(warnings, context_id))

    async def _send(self, message: str) -> None:
        async with self._sending:
            with suppress(WebSocketDisconnect, RuntimeError):
                await self._patience.waiting_for(self._websocket.send_text(message), len(message))
                self._sent_at = asyncio.get_running_loop().time()

    def _forget(self, name: str) -> None:
        """Remove a context whose messages have ended; raise its error."""
        ended = self._contexts.pop(name)
        self._record(ended.context)
        ended.sending.result()
        if not self._is_multi:
            self._is_ending = True

    def _record(self, context: LiveContext) -> None:
        """Report what a context has spoken to the access log and the metrics."""
        record, log = context.record, self._websocket.state.log
        self._service.metrics.observe_synthesis(record)
        log["contexts"] = log.get("contexts", 0) + 1
        log["characters"] = log.get("characters", 0) + record.characters
        log["audio_seconds"] = round(log.get("audio_seconds", 0.0) + record.seconds, 3)

    async def _close_contexts(self) -> None:
        """Stop all contexts at once, and wait for the threads of their last steps."""
        for one in self._contexts.values():
            one.context.stream.close()
            one.sending.cancel()
        if self._contexts:
            await asyncio.wait([one.sending for one in self._contexts.values()])
        for one in self._contexts.values():
            self._record(one.context)
        self._contexts.clear()

    async def _close(self, code: int, message: str | None = None) -> None:
        """Send a last message and close the socket, unless it is closed."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with suppress(WebSocketDisconnect, RuntimeError, IntoneError):
            if message is not None:
                await self._send(message)
            await self._websocket.close(code)
