"""The simulation of a cluster agrees with what can be computed by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scripts.capacity.inputs import Cluster, Costs, Load
from scripts.capacity.simulate import Simulation
from scripts.capacity.work import CHUNK_SECONDS, FIRST_CHUNK_SECONDS, split_chunks

COSTS = Costs(0.008, 0.004, 0.012, 0.004, 0.004, 0.007, overhead=0.01, voice_load=1.0)
ONE = Load(1, utterances=3)
SMALL = Cluster(1, 1)


def simulate(load: Load, cluster: Cluster = SMALL, seconds: float = 200.0) -> Simulation:
    simulation = Simulation(COSTS, load, cluster)
    simulation.run(seconds)
    return simulation


def find_p95(simulation: Simulation) -> float:
    waits = sorted(wait for _, wait in simulation.first_audio)
    return waits[len(waits) * 19 // 20]


def test_single_listener_waits_for_the_stages_of_a_first_chunk() -> None:
    simulation = simulate(ONE)
    fixed = COSTS.overhead + COSTS.label + COSTS.acoustic + COSTS.chunk + COSTS.vocoder_second * FIRST_CHUNK_SECONDS
    assert len(simulation.first_audio) > 10
    assert all(wait > fixed for _, wait in simulation.first_audio)
    seconds = [(wait - fixed) / COSTS.acoustic_second for _, wait in simulation.first_audio]
    assert sum(seconds) / len(seconds) == pytest.approx(ONE.seconds, rel=0.4)
    assert simulation.late == 0


def test_cached_listener_waits_for_the_labels_alone() -> None:
    waits = {round(wait, 6) for _, wait in simulate(replace(ONE, cached=1.0)).first_audio}
    assert waits == {round(COSTS.overhead + COSTS.label + 2 * COSTS.label_in_batch, 6)}


def test_synthesizers_work_as_long_as_the_speech_costs() -> None:
    simulation = simulate(Load(20), seconds=500.0)
    spoken = 20 * (500.0 - 13.0) * (26 / 27)
    each = COSTS.acoustic + 1.2 * COSTS.chunk
    expected = spoken * (COSTS.acoustic_second + COSTS.vocoder_second) + spoken / 2.6 * each
    assert simulation.busy == pytest.approx(expected, rel=0.1)


def test_more_listeners_wait_longer_and_more_synthesizers_help() -> None:
    one, some, many = (simulate(Load(count), SMALL, 100.0) for count in (1, 60, 200))
    assert find_p95(one) < find_p95(some) < find_p95(many)
    assert one.late == some.late == 0 < many.late
    assert simulate(Load(200), Cluster(1, 4), 100.0).late == 0


def test_queued_speech_adds_synthesizers_after_the_delay() -> None:
    cluster = Cluster(1, 1, max_synthesizers=4, scale_delay=5.0)
    assert len(simulate(Load(150), cluster, 60.0).synthesizers) > 1
    assert len(simulate(Load(1), cluster, 60.0).synthesizers) == 1


def test_voices_beyond_the_room_are_loaded_again() -> None:
    few = simulate(Load(5, voices=20), Cluster(1, 1, voices_per_synthesizer=2))
    many = simulate(Load(5, voices=20), Cluster(1, 1, voices_per_synthesizer=20))
    assert few.busy > many.busy


@pytest.mark.parametrize("seconds", [0.2, 0.4, 3.0, 14.0])
def test_chunks_add_up_to_the_utterance(seconds: float) -> None:
    assert sum(split_chunks(seconds, True)) == pytest.approx(seconds)
    assert next(split_chunks(seconds, True)) == min(seconds, FIRST_CHUNK_SECONDS)
    assert next(split_chunks(seconds, False)) == min(seconds, CHUNK_SECONDS)
