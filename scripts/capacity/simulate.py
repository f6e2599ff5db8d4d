"""Simulate listeners of a cluster, event by event: who waits how long for a first audio.

Ingresses label sentences, synthesizers make spectrograms and chunks of audio; each replica has some workers, which take
the most urgent task, as in `app.synthesis.scheduler`. A listener requests a text, hears it, and requests the next. The
simulation has no network and no batches; both matter little (docs/explanation/scaling.md).
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial

from scripts.capacity.inputs import Cluster, Costs, Load
from scripts.capacity.work import Replica, Stream, Task, count_tasks, split_chunks

URGENT_SECONDS = 0.1
"""A task is urgent if its audio is needed within this time."""
MAX_CALLS = 64
"""Utterances of one synthesizer, beyond which others go elsewhere, as in `app.cluster.synthesizer`."""
AHEAD = 4
"""Utterances of a text that are made ahead of its reader."""


class Simulation:
    """Events of a cluster; call `run` once, then read `first_audio` and `late`."""

    def __init__(self, costs: Costs, load: Load, cluster: Cluster, seed: int = 1) -> None:
        self.costs, self.load, self.cluster = costs, load, cluster
        self.random = random.Random(seed)
        self.now = 0.0
        self.number = 0
        self.events: list[tuple[float, int, Callable[[], None]]] = [(math.inf, 0, lambda: None)]
        self.running: list[tuple[float, int, Callable[[], None]]] = []
        """Tasks by the seconds that a core will have worked when they end."""
        self.worked = 0.0
        """Seconds that a core has worked for each running task so far."""
        self.ingresses = [Replica(cluster.workers) for _ in range(cluster.ingresses)]
        self.synthesizers = [self.make_synthesizer(number) for number in range(cluster.synthesizers)]
        self.queued: deque[float] = deque(maxlen=10)
        """Queued seconds of speech in each of the last seconds."""
        self.coming = 0
        """Replicas that are being started."""
        self.first_audio: list[tuple[float, float]] = []
        """When each request began, and the seconds until its first audio."""
        self.late = 0
        """Chunks that came after they were needed."""
        self.chunks = 0

    def run(self, seconds: float) -> None:
        """Simulate some seconds."""
        count = self.load.listeners
        usual = self.load.utterances * self.load.seconds * max(self.load.playback, 0.05)
        for listener in range(count):
            begin = self.random.uniform(0, usual)
            is_joining = self.load.joining and listener >= count / 2
            self.schedule(begin + (self.load.joining if is_joining else 0.0), self.request)
        if self.cluster.max_synthesizers:
            self.schedule(1.0, self.scale)
        while (when := min(self.events[0][0], self.find_next_end())) < seconds:
            self.worked += (when - self.now) * self.rate
            self.now = when
            _, _, event = heapq.heappop(self.running if when < self.events[0][0] else self.events)
            event()

    @property
    def rate(self) -> float:
        """Speed of each running task: below 1, tasks share the cores of one machine."""
        cores = self.cluster.cores
        return min(1.0, cores / len(self.running)) if cores and self.running else 1.0

    def find_next_end(self) -> float:
        """Return when the first of the running tasks ends."""
        return self.now + (self.running[0][0] - self.worked) / self.rate if self.running else math.inf

    @property
    def busy(self) -> float:
        """Seconds that the synthesizers' workers have worked."""
        return sum(one.busy for one in self.synthesizers)

    def make_synthesizer(self, number: int) -> Replica:
        """Return a new synthesizer that has loaded as many voices as it keeps."""
        kept, count = self.cluster.voices_per_synthesizer, self.load.voices
        voices = [(number * kept + place) % count for place in range(min(kept, count))]
        return Replica(self.cluster.workers, voices=voices)

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
        if number < stream.labelled:
            self.speak(stream, number)
            return
        ingress = min(self.random.sample(self.ingresses, min(2, len(self.ingresses))), key=count_tasks)
        due = self.find_due(stream, number)
        follow = partial(self.speak, stream, number) if number else partial(self.begin, stream, ingress)
        self.put(ingress, Task(self.costs.label, number == 0, due, follow))

    def begin(self, stream: Stream, ingress: Replica) -> None:
        """Speak the first utterance, and label the others meanwhile."""
        stream.labelled = 1
        self.speak(stream, 0)
        self.label_next(stream, ingress)

    def label_next(self, stream: Stream, ingress: Replica) -> None:
        """Label the next sentence for the headers, unless another request waits for its first label."""
        if stream.labelled == len(stream.lengths) or ingress.first:
            stream.has_headers = True
            self.ask_ahead(stream)
            self.release(stream)
            return
        stream.labelled += 1
        done = partial(self.label_next, stream, ingress)
        self.put(ingress, Task(self.costs.label_in_batch, True, stream.begun, done))

    def ask_ahead(self, stream: Stream) -> None:
        """Speak some utterances ahead of the listener."""
        while stream.asked < min(AHEAD, len(stream.lengths)) and (stream.is_playing or stream.asked < stream.labelled):
            self.ask(stream)

    def speak(self, stream: Stream, number: int) -> None:
        """Send an utterance to a synthesizer: of two that have its voice, the one with fewer tasks."""
        if self.random.random() < self.load.cached:
            self.deliver(stream, number, stream.lengths[number], is_last=True)
            return
        able = self.synthesizers
        if self.load.voices > self.cluster.voices_per_synthesizer:
            able = [one for one in able if stream.voice in one.voices and one.calls < MAX_CALLS] or able
        synthesizer = min(self.random.sample(able, min(2, len(able))), key=count_tasks)
        seconds = stream.lengths[number]
        synthesizer.queued += seconds
        synthesizer.calls += 1
        work = self.costs.acoustic + self.costs.acoustic_second * seconds + self.load_voice(synthesizer, stream.voice)
        due = self.find_due(stream, number)
        chunks = split_chunks(seconds, number == 0)
        self.put(
            synthesizer, Task(work, number == 0, due, partial(self.vocode, synthesizer, stream, number, chunks, 0.0))
        )

    def find_due(self, stream: Stream, number: int, made: float = 0.0) -> float:
        """Return when audio of an utterance is needed of which some is made; of a first chunk, when the text began."""
        if number == 0 and not made:
            return stream.begun
        return max(self.now, stream.runs_out) + sum(stream.lengths[stream.made : number])

    def load_voice(self, synthesizer: Replica, voice: int) -> float:
        """Return the seconds of loading a voice on a synthesizer, which may forget another one for it."""
        is_loaded = voice in synthesizer.voices
        if is_loaded:
            synthesizer.voices.remove(voice)
        synthesizer.voices = [*synthesizer.voices, voice][-self.cluster.voices_per_synthesizer :]
        return 0.0 if is_loaded else self.costs.voice_load

    def vocode(
        self, synthesizer: Replica, stream: Stream, number: int, chunks: Iterator[float], made: float, last: float = 0.0
    ) -> None:
        """Deliver the chunk that was made, if any, and make the next one."""
        chunk = next(chunks, 0.0)
        if last:
            synthesizer.queued -= last
            synthesizer.calls -= not chunk
            self.deliver(stream, number, last, is_last=not chunk)
        if chunk:
            due = self.find_due(stream, number, made)
            done = partial(self.vocode, synthesizer, stream, number, chunks, made + chunk, chunk)
            work = self.costs.chunk + self.costs.vocoder_second * chunk
            self.put(synthesizer, Task(work, number == 0 and not made, due, done))

    def deliver(self, stream: Stream, number: int, seconds: float, is_last: bool) -> None:
        """Let the listener receive audio, as soon as the headers and the first chunk are there."""
        stream.held.append((number, seconds, is_last))
        self.release(stream)

    def release(self, stream: Stream) -> None:
        """Let the listener receive what is held, if nothing before it is missing."""
        if stream.has_headers and (stream.is_playing or any(number == 0 for number, _, _ in stream.held)):
            held, stream.held = sorted(stream.held, key=lambda one: one[0]), []
            for _, seconds, is_last in held:
                self.play(stream, seconds, is_last)

    def play(self, stream: Stream, seconds: float, is_last: bool) -> None:
        """Count a chunk that the listener receives; after the last one, have the next text requested."""
        self.chunks += 1
        if not stream.is_playing:
            stream.is_playing, stream.runs_out = True, self.now
            self.first_audio.append((stream.begun, self.now - stream.begun))
            self.ask_ahead(stream)
        self.late += stream.runs_out < self.now - 1e-9
        stream.runs_out = max(stream.runs_out, self.now) + self.load.playback * seconds
        if not is_last:
            return
        stream.made += 1
        if stream.asked < len(stream.lengths):
            self.ask(stream)
        if stream.made == len(stream.lengths):
            heard = max(self.now, stream.runs_out)
            self.schedule(heard + self.random.expovariate(1.0), self.request)

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
            replica.busy += task.seconds
            self.number += 1
            end: Callable[[], None] = partial(self.finish, replica, task)
            heapq.heappush(self.running, (self.worked + task.seconds, self.number, end))

    def finish(self, replica: Replica, task: Task) -> None:
        """End a task; its worker takes the next one."""
        replica.free += 1
        task.done()
        self.work(replica)

    def scale(self) -> None:
        """Decide every second how many synthesizers the queued speech needs."""
        self.queued.append(sum(one.queued for one in self.synthesizers))
        needed = math.ceil(sum(self.queued) / len(self.queued) / self.cluster.target_seconds)
        wanted = min(self.cluster.max_synthesizers, needed)
        for _ in range(wanted - len(self.synthesizers) - self.coming):
            self.coming += 1
            self.schedule(self.now + self.cluster.scale_delay, self.add_synthesizer)
        self.schedule(self.now + 1.0, self.scale)

    def add_synthesizer(self) -> None:
        """Let a new replica take utterances."""
        self.coming -= 1
        self.synthesizers.append(self.make_synthesizer(len(self.synthesizers)))
