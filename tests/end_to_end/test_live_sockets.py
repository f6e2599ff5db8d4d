"""Sockets of the real service: text arrives in pieces, and audio, times and plan leave as they are made."""

from __future__ import annotations

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.talking import SENTENCES, TEXT, listen, open_socket, receive, say, send
from tests.serving import Server, StartServer, analyze, wait_until

KEY = "a-key-of-alice-0123456789"
BYTES_PER_MS = 2 * 22_050 / 1000


def test_single_stream_speaks_pieces_like_whole_text(server: Server, client: httpx.Client) -> None:
    plan = analyze(client, text=TEXT)["utterances"]
    with open_socket(server.url) as socket:
        heard = say(socket, [TEXT[place : place + 3] for place in range(0, len(TEXT), 3)])
        with pytest.raises(ConnectionClosed):
            receive(socket)
        assert socket.close_code == 1000
    facts = ("text", "span", "spoken", "emotion", "strength", "reason", "probabilities")
    live, whole = ([[one[fact] for fact in facts] for one in utterances] for utterances in (heard.utterances, plan))
    assert live == whole
    assert heard.characters == TEXT.strip()
    last = heard.utterances[-1]
    assert len(heard.audio) / BYTES_PER_MS == pytest.approx(1000 * last["end"], abs=2)
    for before, after, pause in zip(heard.utterances, heard.utterances[1:], plan, strict=False):
        assert after["start"] - before["end"] == pytest.approx(pause["pause_after"], abs=0.002)


def test_times_restart_in_each_message_and_add_up_to_audio(server: Server) -> None:
    with open_socket(server.url) as socket:
        heard = say(socket, SENTENCES)
    assert sum(heard.ends) == pytest.approx(len(heard.audio) / BYTES_PER_MS, abs=len(heard.ends))


def test_sync_alignment_counts_times_from_beginning(server: Server) -> None:
    with open_socket(server.url, sync_alignment="true") as socket:
        heard = say(socket, SENTENCES)
    assert heard.ends == sorted(heard.ends)
    assert heard.ends[-1] == pytest.approx(len(heard.audio) / BYTES_PER_MS, abs=1)


def test_sentence_is_heard_when_next_begins(server: Server) -> None:
    with open_socket(server.url) as socket:
        send(socket, {"text": " "}, {"text": "The parcel came this morning. I"})
        assert receive(socket)["utterance"]["text"] == "The parcel came this morning."
        assert receive(socket)["audio"]


def test_finished_text_is_heard_after_idle_time(server: Server) -> None:
    with open_socket(server.url) as socket:
        send(socket, {"text": " "}, {"text": "It costs $3."})
        assert receive(socket)["utterance"]["text"] == "It costs $3."


def test_first_clause_is_heard_at_comma_on_request(server: Server) -> None:
    with open_socket(server.url, first_clause="true") as socket:
        send(socket, {"text": " "}, {"text": "When the parcel came, I"})
        assert receive(socket)["utterance"]["text"] == "When the parcel came,"


def test_contexts_speak_and_close_like_livekit(server: Server) -> None:
    """Messages of LiveKit's plugin: sentences are flushed one by one, and an empty flush comes before the close."""
    with open_socket(server.url, "multi-stream-input", auto_mode="true", inactivity_timeout=180) as socket:
        for name in ("one", "two"):
            send(
                socket,
                {"text": " ", "voice_settings": {}, "context_id": name},
                *({"text": sentence, "context_id": name, "flush": True} for sentence in SENTENCES),
                {"text": "", "context_id": name, "flush": True},
                {"context_id": name, "close_context": True},
            )
        heard = listen(socket, ("one", "two"))
    for one in heard.values():
        assert one.is_final and not one.errors
        assert [utterance["text"] for utterance in one.utterances] == [sentence.strip() for sentence in SENTENCES]


def test_context_speaks_and_closes_like_pipecat(server: Server) -> None:
    """Messages of pipecat's plugin: a flush without text, the close of the context, and of the socket."""
    with open_socket(server.url, "multi-stream-input", auto_mode="true") as socket:
        send(
            socket,
            {"text": ""},
            {"text": " ", "context_id": "a", "voice_settings": {"speed": 1.1}},
            *({"text": sentence, "context_id": "a"} for sentence in SENTENCES),
            {"context_id": "a", "flush": True},
            {"context_id": "a", "close_context": True},
        )
        heard = listen(socket, ("a",))["a"]
        send(socket, {"close_socket": True})
        with pytest.raises(ConnectionClosed):
            receive(socket)
        assert socket.close_code == 1000
    assert [one["text"] for one in heard.utterances] == [sentence.strip() for sentence in SENTENCES]
    assert {one["speed"] for one in heard.utterances} == {1.1}


def test_closed_context_is_dropped_and_next_one_speaks(server: Server, client: httpx.Client) -> None:
    """Messages of an interruption: the context is closed while text waits."""
    with open_socket(server.url, "multi-stream-input", auto_mode="true") as socket:
        send(socket, {"text": " ", "context_id": "a"}, {"text": 100 * SENTENCES[0], "context_id": "a"})
        receive(socket)
        send(socket, {"context_id": "a", "close_context": True}, {"text": SENTENCES[1], "context_id": "b"})
        send(socket, {"context_id": "b", "flush": True}, {"context_id": "b", "close_context": True})
        heard = listen(socket, ("a", "b"))
    assert heard["a"].is_final and len(heard["a"].utterances) < 20
    assert [one["text"] for one in heard["b"].utterances] == [SENTENCES[1].strip()]
    wait_until(lambda: read_gauge(client, "intone_utterances_waiting") == 0, 20)


def test_error_ends_only_its_context(server: Server) -> None:
    with open_socket(server.url, "multi-stream-input") as socket:
        send(socket, {"text": " ", "context_id": "a", "voice_settings": {"speed": 9}})
        refused = listen(socket, ("a",))["a"]
        assert refused.is_final and [one["error"] for one in refused.errors] == ["invalid_request"]
        send(
            socket, {"text": SENTENCES[0], "context_id": "b", "flush": True}, {"context_id": "b", "close_context": True}
        )
        heard = listen(socket, ("b",))["b"]
    assert heard.is_final and len(heard.utterances) == 1


@pytest.mark.parametrize("closing", ["close_context", "close_socket"])
def test_text_in_a_message_that_closes_is_reported(server: Server, closing: str) -> None:
    with open_socket(server.url, "multi-stream-input") as socket:
        send(socket, {"text": SENTENCES[0], "context_id": "a"}, {"context_id": "a", "flush": True})
        send(socket, {"text": SENTENCES[1], "context_id": "a", closing: True})
        heard = listen(socket, ("a",))["a"]
    assert heard.warnings == ["ignored_field"] and heard.is_final
    assert [one["text"] for one in heard.utterances] == [SENTENCES[0].strip()]


def test_unknown_parameters_are_reported(server: Server) -> None:
    with open_socket(server.url, emotoin="joy", model_id="x") as socket:
        warning = receive(socket)
        assert warning["type"] == "speech.warnings" and "emotoin" in warning["warnings"][0]["detail"]
        assert "model_id" not in warning["warnings"][0]["detail"]
        assert say(socket, SENTENCES[:1]).is_final


def test_client_that_leaves_after_its_last_text_frees_workers(server: Server, client: httpx.Client) -> None:
    with open_socket(server.url) as socket:
        send(socket, {"text": 100 * TEXT}, {"text": ""})
        receive(socket)
    wait_until(lambda: read_gauge(client, "intone_sockets_open") == 0, 20)
    wait_until(lambda: read_gauge(client, "intone_utterances_waiting") == 0, 20)


def read_gauge(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"output_format": "pcm_1"}, 400),
        ({"output_format": "wav_24000"}, 400),
        ({"voice": "nobody"}, 400),
        ({"voices": "narration=nobody"}, 400),
        ({"emotion": "hunger"}, 400),
        ({"seed": "x"}, 400),
    ],
)
def test_wrong_options_are_refused_before_upgrade(server: Server, query: dict[str, str], status: int) -> None:
    with pytest.raises(InvalidStatus) as refused, open_socket(server.url, **query):
        pass
    assert refused.value.response.status_code == status
    assert b'"error"' in refused.value.response.body
    assert "handshake" not in server.log_text()


def test_page_of_another_origin_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, open_socket(server.url, headers={"Origin": "https://evil.example"}):
        pass
    assert refused.value.response.status_code == 403
    with open_socket(server.url, headers={"Origin": server.url}) as socket:
        assert say(socket, SENTENCES[:1]).is_final


@pytest.mark.parametrize("message", ["{", "[]", '{"text": 1}', '{"text": "\\ud800"}', '{"flush": "yes"}'])
def test_unreadable_message_ends_socket_with_reason(server: Server, message: str) -> None:
    with open_socket(server.url) as socket:
        socket.send(message)
        assert receive(socket)["error"] == "invalid_request"
        with pytest.raises(ConnectionClosed):
            receive(socket)
        assert socket.close_code == 1008


def test_key_is_required_in_header_or_first_message(own_server: StartServer) -> None:
    server = own_server(INTONE_API_KEYS=f"alice={KEY}", INTONE_MAX_SOCKETS_PER_CLIENT="1")
    with pytest.raises(InvalidStatus) as refused, open_socket(server.url, headers={"xi-api-key": "wrong"}):
        pass
    assert refused.value.response.status_code == 401
    for headers in ({"xi-api-key": KEY}, {"Authorization": f"Bearer {KEY}"}):
        with open_socket(server.url, headers=headers) as socket:
            assert say(socket, SENTENCES[:1]).is_final
    with open_socket(server.url) as socket:
        assert say(socket, SENTENCES[:1], xi_api_key=KEY).is_final
        with open_socket(server.url) as second:
            send(second, {"text": " ", "xi_api_key": "wrong-key-of-nobody"})
            assert receive(second)["error"] == "unauthorized"
    with open_socket(server.url, headers={"xi-api-key": KEY}) as socket:
        with pytest.raises(InvalidStatus) as refused, open_socket(server.url, headers={"xi-api-key": KEY}):
            pass
        assert refused.value.response.status_code == 429
        assert say(socket, SENTENCES[:1]).is_final


def test_silent_socket_is_closed_with_reason(server: Server) -> None:
    with open_socket(server.url, inactivity_timeout=1) as socket:
        assert receive(socket)["error"] == "socket_silent"
        with pytest.raises(ConnectionClosed):
            receive(socket)
        assert socket.close_code == 1008


def test_characters_are_limited_by_minute(own_server: StartServer) -> None:
    server = own_server(INTONE_SOCKET_CHARS_PER_MINUTE="60")
    with open_socket(server.url) as socket:
        send(socket, {"text": TEXT}, {"text": TEXT})
        messages = listen(socket)[""]
    assert [one["error"] for one in messages.errors] == ["rate_limited"]
    assert socket.close_code == 1013


def test_sockets_are_limited_in_total(own_server: StartServer) -> None:
    server = own_server(INTONE_MAX_SOCKETS="1")
    with open_socket(server.url) as socket:
        with pytest.raises(InvalidStatus) as refused, open_socket(server.url):
            pass
        assert refused.value.response.status_code == 503
        assert say(socket, SENTENCES[:1]).is_final


def test_contexts_of_a_socket_are_limited(server: Server) -> None:
    with open_socket(server.url, "multi-stream-input") as socket:
        send(socket, *({"text": " ", "context_id": str(number)} for number in range(17)))
        assert listen(socket)[""].errors[0]["error"] == "too_many_contexts"
        assert socket.close_code == 1013


def test_service_that_stops_speaks_what_it_has(own_server: StartServer) -> None:
    server = own_server()
    with open_socket(server.url) as idle, open_socket(server.url) as socket:
        send(idle, {"text": " "})
        send(socket, {"text": " "}, {"text": TEXT})
        receive(socket)
        server.process.terminate()
        heard = listen(socket)[""]
        assert heard.is_final and heard.utterances[-1]["text"] == SENTENCES[-1].strip()
        listen(idle)
    assert server.process.wait(30) == 0
