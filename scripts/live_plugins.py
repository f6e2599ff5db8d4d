"""Speak with the ElevenLabs plugins of LiveKit Agents and pipecat, which must be installed.

    python scripts/live_plugins.py http://127.0.0.1:8000 KEY

The exit code is 1 if a plugin gets no audio, other words than were sent, or an error.
"""

from __future__ import annotations

import asyncio
import sys
import time

SENTENCES = ("The parcel came this morning. ", "I am so happy! ", "It is a red bicycle, and it cost $3.50. ")
WORDS = "".join(SENTENCES).split()
RATE = 24_000
SECONDS = 60


async def speak_with_livekit(url: str, key: str, encoding: str, *, auto_mode: bool, interrupt: bool = False) -> None:
    """Speak three sentences word by word through LiveKit's plugin, or interrupt them after the first sound."""
    import aiohttp
    from livekit.plugins import elevenlabs

    async with aiohttp.ClientSession() as session:
        tts = elevenlabs.TTS(
            base_url=f"{url}/v1",
            api_key=key,
            voice_id="wren",
            model="intone",
            encoding=encoding,
            auto_mode=auto_mode,
            http_session=session,
        )
        stream = tts.stream()
        began, first, samples, heard, last = time.perf_counter(), 0.0, 0, [], 0.0
        for word in WORDS:
            stream.push_text(f"{word} ")
        stream.end_input()
        async with asyncio.timeout(SECONDS):
            async for event in stream:
                first = first or time.perf_counter() - began
                samples += event.frame.samples_per_channel
                for word in event.frame.userdata.get("lk.timed_transcripts", []):
                    heard.append(str(word).strip())
                    last = word.end_time
                if interrupt:
                    break
        await stream.aclose()
        await tts.aclose()
    rate = int(encoding.split("_")[1])
    kind = f"LiveKit, {encoding}, {'sentences' if auto_mode else 'words'}{', interrupted' if interrupt else ''}"
    report(f"{kind}: first audio {1000 * first:.0f} ms, {samples / rate:.2f} s of audio, {len(heard)} timed words")
    assert samples, kind
    if not interrupt:
        assert samples / rate > 4, kind
        assert not heard or ("".join(heard) == "".join(WORDS) and abs(last - samples / rate) < 0.5), (heard, last)


async def speak_with_pipecat(url: str, key: str, *, tokens: bool) -> None:
    """Speak three sentences through pipecat's plugin, sentence by sentence or token by token."""
    from pipecat.frames.frames import (
        ErrorFrame,
        LLMFullResponseEndFrame,
        LLMFullResponseStartFrame,
        LLMTextFrame,
        TTSAudioRawFrame,
        TTSStoppedFrame,
        TTSTextFrame,
    )
    from pipecat.services.elevenlabs.tts import ElevenLabsTTSService
    from pipecat.services.tts_service import TextAggregationMode
    from pipecat.tests.utils import SleepFrame, run_test

    tts = ElevenLabsTTSService(
        url=url.replace("http", "ws", 1),
        api_key=key,
        sample_rate=RATE,
        settings=ElevenLabsTTSService.Settings(voice="wren", model="intone"),
        text_aggregation_mode=TextAggregationMode.TOKEN if tokens else TextAggregationMode.SENTENCE,
    )
    words = [LLMTextFrame(f"{word} ") for word in WORDS]
    frames = [LLMFullResponseStartFrame(), *words, LLMFullResponseEndFrame(), SleepFrame(sleep=8)]
    down, up = await run_test(tts, frames_to_send=frames, start_timeout=SECONDS)
    audio = sum(len(frame.audio) for frame in down if isinstance(frame, TTSAudioRawFrame))
    heard = [frame.text.strip() for frame in down if isinstance(frame, TTSTextFrame)]
    kind = f"pipecat, {'tokens' if tokens else 'sentences'}"
    report(f"{kind}: {audio / 2 / RATE:.2f} s of audio, {len(heard)} timed words")
    assert not [frame for frame in (*down, *up) if isinstance(frame, ErrorFrame)], kind
    assert audio / 2 / RATE > 4, kind
    assert heard == WORDS, heard
    assert any(isinstance(frame, TTSStoppedFrame) for frame in down), kind


def report(line: str) -> None:
    """Write a line about what a plugin did."""
    sys.stdout.write(f"{line}\n")


async def main() -> None:
    """Speak with both plugins, in each way in which they send text."""
    url, key = sys.argv[1:]
    for encoding in ("pcm_24000", "mp3_22050_32", "opus_48000_32"):
        await speak_with_livekit(url, key, encoding, auto_mode=True)
    await speak_with_livekit(url, key, "pcm_24000", auto_mode=False)
    await speak_with_livekit(url, key, "pcm_24000", auto_mode=True, interrupt=True)
    for tokens in (False, True):
        await speak_with_pipecat(url, key, tokens=tokens)


if __name__ == "__main__":
    asyncio.run(main())
