"""Routes of ElevenLabs' WebSockets: text arrives in pieces, and audio leaves as it is spoken."""

from __future__ import annotations

from contextlib import suppress
from typing import cast

from fastapi import APIRouter
from starlette.requests import Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.api.clients import get_key_name, identify_client
from app.api.errors import convert_exception, render_error
from app.api.live.handshake import LiveGuard
from app.api.live.messages import choose_close_code, make_error_message
from app.api.live.options import read_options
from app.api.live.socket import LiveSocket
from app.api.state import Service
from app.errors import IntoneError, NotReady

router = APIRouter(prefix="/v1/text-to-speech")


@router.websocket("/{voice}/stream-input")
async def stream_input(websocket: WebSocket, voice: str) -> None:
    """Speak one text that arrives in pieces."""
    await _serve(websocket, voice, is_multi=False)


@router.websocket("/{voice}/multi-stream-input")
async def multi_stream_input(websocket: WebSocket, voice: str) -> None:
    """Speak several texts that arrive in pieces, each in a context of its own."""
    await _serve(websocket, voice, is_multi=True)


async def _serve(websocket: WebSocket, voice: str, *, is_multi: bool) -> None:
    service: Service = websocket.app.state.service
    guard: LiveGuard = websocket.app.state.live_guard
    try:
        lacks_key = guard.check(websocket)
        service.rate_limit.check(websocket)
        if service.draining.is_set():
            raise NotReady("The service is stopping.")
        options = read_options(websocket.scope["query_string"], voice, service.get_pipeline(), get_key_name(websocket))
        client = identify_client(websocket)
        service.live.enter(client)
    except IntoneError as error:
        # The renderer reads no more of a request than of a socket.
        await websocket.send_denial_response(render_error(error, cast(Request, websocket)))
        return
    try:
        await websocket.accept()
        first = None
        if lacks_key:
            first = await guard.read_key(websocket)
            if first is None:
                return
            options = options.with_key(get_key_name(websocket))
            service.live.enter(identify_client(websocket))
            service.live.leave(client)
            client = identify_client(websocket)
        await LiveSocket(websocket, service, options, client, is_multi=is_multi).serve(first)
    except IntoneError as error:
        websocket.state.log["code"] = error.code
        await _close(websocket, choose_close_code(error), make_error_message(error, None))
    except Exception as error:
        failure = convert_exception(error, websocket.state.request_id)
        websocket.state.log["code"] = failure.code
        await _close(websocket, choose_close_code(failure), make_error_message(failure, None))
    finally:
        service.live.leave(client)


async def _close(websocket: WebSocket, code: int, message: str) -> None:
    """Send a last message and close the socket, unless the client has done so."""
    with suppress(WebSocketDisconnect, RuntimeError):
        await websocket.send_text(message)
        await websocket.close(code)
