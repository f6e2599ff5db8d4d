"""Simulate listeners of a cluster, event by event: who waits how long for a first audio.

Ingress replicas label sentences, speaker replicas make spectrograms and chunks of audio; each replica has some workers,
which take the most urgent task, as in `app.synthesis.scheduler`. A listener requests a text, hears it, and requests the
next one. The simulation has no network and no batches; both are small (docs/explanation/scaling.md).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from scripts.capacity.inputs import Cluster, Costs, Load

URGENT_SECONDS = 0.1
"""A task is urgent if its audio is needed within this time."""
AHEAD = 4
"""Utterances of a text that are made ahead of its reader."""
CHUNK_SECONDS, FIRST_CHUNK_SECONDS = 5.6, 0.4
"""Seconds of audio in a chunk."""


@dataclass
class Replica:
    """A process with workers, and the tasks that wait for them."""

    free: int
    first: list[tuple[float, int, Task]] = field(default_factory=list)
    later: list[tuple[float, int, Task]] = field(default_factory=list)
    voices: list[int] = field(default_factory=list)
    """Loaded voices, the one used last at the end."""
    queued: float = 0.0
    """Seconds of speech that are waited for."""
    took_late: bool = False


@dataclass
class Task:
    """Work of one worker, and what follows it."""

    seconds: float
    is_first: bool
    deadline: float
    done: Callable[[], None]


@dataclass
class Stream:
    """One text, and its playback."""

    begun: float
    lengths: list[float]
    voice: int
    runs_out: float = 0.0
    """When the listener has heard what is made."""
    made: int = 0
    asked: int = 0
    is_playing: bool = False


class Simulation:
    """Events of a cluster; call `run` once, then read `first_audio` and `late`."""

    def __init__(self, costs: Costs, load: Load, cluster: Cluster, seed: int = 1) -> None:
        self.costs, self.load, self.cluster = costs, load, cluster
        self.random = random.Random(seed)
        self.now = 0.0
        self.number = 0
        self.events: list[tuple[float, int, Callable[[], None]]] = []
        self.ingresses = [Replica(cluster.workers) for _ in range(cluster.ingresses)]
        self.speakers = [Replica(cluster.workers) for _ in range(cluster.speakers)]
        self.coming = 0
        """Replicas that are being started."""
        self.first_audio: list[tuple[float, float]] = []
        """When each request began, and the seconds until its first audio."""
        self.late = 0
        """Chunks that came after they were needed."""
        self.chunks = 0
        self.busy = 0.0
        """Seconds of speakers' workers."""

    def run(self, seconds: float) -> None:
        """Simulate some seconds."""
        count = self.load.listeners
        usual = self.load.utterances * self.load.seconds * max(self.load.playback, 0.05)
        for listener in range(count):
            begin = self.random.uniform(0, usual)
            is_joining = self.load.joining and listener >= count / 2
            self.schedule(begin + (self.load.joining if is_joining else 0.0), self.request)
        if self.cluster.max_speakers:
            self.schedule(1.0, self.scale)
        while self.events and self.events[0][0] < seconds:
            self.now, _, event = heapq.heappop(self.events)
            event()

    def schedule(self, when: float, event: Callable[[], None]) -> None:
        """Have something happen at a time."""
        self.number += 1
        heapq.heappush(self.events, (when, self.number, event))

    def request(self) -> None:
        """Begin a text, and label its first sentence."""
        lengths = [self.random.gammavariate(4, self.load.seconds / 4) for _ in range(self.load.utterances)]
        voice = min(int(self.load.voices ** self.random.random()) - 1, self.load.voices - 1)
        stream = Stream(self.now, lengths, voice)
        self.schedule(self.now + self.costs.overhead, partial(self.ask, stream))

    def ask(self, stream: Stream) -> None:
        """Label and speak the next utterance."""
        number = stream.asked
        stream.asked += 1
        ingress = min(self.random.sample(self.ingresses, min(2, len(self.ingresses))), key=count_tasks)
        due = stream.begun if number == 0 else max(self.now, stream.runs_out)
        self.put(ingress, Task(self.costs.label, number == 0, due, partial(self.speak, stream, number)))

    def speak(self, stream: Stream, number: int) -> None:
        """Send an utterance to a speaker: of two that have its voice, the one with fewer tasks."""
        if self.random.random() < self.load.cached:
            self.deliver(stream, number, stream.lengths[number], is_last=True)
            return
        able = [one for one in self.speakers if stream.voice in one.voices] if self.load.voices > 1 else self.speakers
        two = self.random.sample(able or self.speakers, min(2, len(able or self.speakers)))
        speaker, seconds = min(two, key=count_tasks), stream.lengths[number]
        speaker.queued += seconds
        work = self.costs.acoustic + self.costs.acoustic_second * seconds + self.load_voice(speaker, stream.voice)
        due = stream.begun if number == 0 else max(self.now, stream.runs_out)
        chunks = split_chunks(seconds, number == 0)
        self.put(speaker, Task(work, number == 0, due, partial(self.vocode, speaker, stream, number, chunks, 0.0)))

    def load_voice(self, speaker: Replica, voice: int) -> float:
        """Return the seconds of loading a voice on a speaker, which may forget another one for it."""
        is_loaded = voice in speaker.voices
        if is_loaded:
            speaker.voices.remove(voice)
        speaker.voices = [*speaker.voices, voice][-self.cluster.voices_per_speaker :]
        return 0.0 if is_loaded or self.load.voices == 1 else self.costs.voice_load

    def vocode(
        self, speaker: Replica, stream: Stream, number: int, chunks: Iterator[float], made: float, last: float = 0.0
    ) -> None:
        """Deliver the chunk that was made, if any, and make the next one."""
        chunk = next(chunks, 0.0)
        if last:
            speaker.queued -= last
            self.deliver(stream, number, last, is_last=not chunk)
        if chunk:
            due = stream.begun if number == 0 and not made else max(self.now, stream.runs_out)
            done = partial(self.vocode, speaker, stream, number, chunks, made + chunk, chunk)
            work = self.costs.chunk + self.costs.vocoder_second * chunk
            self.put(speaker, Task(work, number == 0 and not made, due, done))

    def deliver(self, stream: Stream, number: int, seconds: float, is_last: bool) -> None:
        """Let the listener receive audio; it arrives in order, or is counted as soon as it is made."""
        self.chunks += 1
        if number == 0 and not stream.is_playing:
            stream.is_playing, stream.runs_out = True, self.now
            self.first_audio.append((stream.begun, self.now - stream.begun))
            for _ in range(min(AHEAD, len(stream.lengths)) - 1):
                self.ask(stream)
        self.late += stream.runs_out < self.now - 1e-9
        stream.runs_out = max(stream.runs_out, self.now) + seconds
        if not is_last:
            return
        stream.made += 1
        if stream.asked < len(stream.lengths):
            self.ask(stream)
        if stream.made == len(stream.lengths):
            heard = stream.runs_out if self.load.playback else self.now
            pause = self.random.expovariate(1.0) if self.load.playback else 0.0
            self.schedule(max(self.now, heard) + pause, self.request)

    def put(self, replica: Replica, task: Task) -> None:
        """Queue a task, and begin it if a worker is free."""
        self.number += 1
        heapq.heappush(replica.first if task.is_first else replica.later, (task.deadline, self.number, task))
        self.work(replica)

    def work(self, replica: Replica) -> None:
        """Let free workers take the most urgent tasks."""
        while replica.free and (replica.first or replica.later):
            is_urgent = bool(replica.later) and replica.later[0][0] < self.now + URGENT_SECONDS
            late = is_urgent and replica.later[0][0] < self.now
            take_later = not replica.first or (is_urgent and not (late and replica.took_late))
            _, _, task = heapq.heappop(replica.later if take_later else replica.first)
            replica.took_late = take_later and late
            replica.free -= 1
            self.busy += task.seconds
            self.schedule(self.now + task.seconds, partial(self.finish, replica, task))

    def finish(self, replica: Replica, task: Task) -> None:
        """End a task; its worker takes the next one."""
        replica.free += 1
        task.done()
        self.work(replica)

    def scale(self) -> None:
        """Decide every second how many speakers the queued speech needs."""
        total = sum(one.queued for one in self.speakers)
        wanted = min(self.cluster.max_speakers, math.ceil(total / self.cluster.target_seconds))
        for _ in range(wanted - len(self.speakers) - self.coming):
            self.coming += 1
            self.schedule(self.now + self.cluster.scale_delay, self.add_speaker)
        self.schedule(self.now + 1.0, self.scale)

    def add_speaker(self) -> None:
        """Let a new replica take utterances."""
        self.coming -= 1
        self.speakers.append(Replica(self.cluster.workers))


def count_tasks(replica: Replica) -> int:
    """Return the number of tasks that wait or run on a replica."""
    return len(replica.first) + len(replica.later) - replica.free


def split_chunks(seconds: float, is_first: bool) -> Iterator[float]:
    """Yield the lengths of the chunks of an utterance."""
    chunk = FIRST_CHUNK_SECONDS if is_first else CHUNK_SECONDS
    while seconds > 1e-9:
        yield min(chunk, seconds)
        seconds, chunk = seconds - chunk, CHUNK_SECONDS
