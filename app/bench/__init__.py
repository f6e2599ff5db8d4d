"""Benchmark the service against others on the same machine (`intone bench`).

peers: the servers and their requests; server: their processes; measures: the load and what is measured; machine: the
speed of this machine; run: rounds of all measures; results: statistics, targets, tables and plots.
"""
