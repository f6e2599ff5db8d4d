"""The LRU cache: its weight limit, its order of eviction and its thread safety."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from app.memory import Lru


def create_lru(capacity: int) -> Lru[str, str]:
    return Lru(capacity, lambda key, value: len(value))


def test_the_least_recently_used_entry_is_evicted_first() -> None:
    lru = create_lru(6)
    lru.put("a", "xx")
    lru.put("b", "xx")
    lru.put("c", "xx")
    assert lru.get("a") == "xx"
    lru.put("d", "xx")
    assert (lru.get("a"), lru.get("b"), lru.get("d")) == ("xx", None, "xx")
    assert (lru.hits, lru.misses, lru.evictions, len(lru), lru.weight) == (3, 1, 1, 3, 6)


def test_an_entry_over_the_capacity_is_not_stored_and_evicts_nothing() -> None:
    lru = create_lru(4)
    lru.put("a", "xx")
    lru.put("b", "xxxxx")
    assert lru.get("b") is None and lru.get("a") == "xx"


def test_without_capacity_nothing_is_stored() -> None:
    lru = create_lru(0)
    lru.put("a", "x")
    assert lru.get("a") is None and len(lru) == 0


@given(st.integers(1, 20), st.lists(st.tuples(st.sampled_from("abcdef"), st.text("x", max_size=9))))
def test_the_weight_is_the_sum_and_never_exceeds_the_capacity(capacity: int, puts: list[tuple[str, str]]) -> None:
    lru = create_lru(capacity)
    for key, value in puts:
        lru.put(key, value)
        kept = {one: found for one in "abcdef" if (found := lru.get(one)) is not None}
        assert lru.weight == sum(map(len, kept.values())) <= capacity
        if len(value) <= capacity:
            assert kept[key] == value


def test_concurrent_threads_get_the_values_that_they_put() -> None:
    lru = create_lru(300)

    def work(number: int) -> bool:
        key = str(number % 50)
        lru.put(key, "x" * (number % 50))
        found = lru.get(key)
        return found is None or found == "x" * (number % 50)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(4000)))
    assert lru.weight <= 300
