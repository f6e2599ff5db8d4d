"""Benchmark the service against others on the same machine (`intone bench`).

peers: the servers, their processes and requests; measures: the load and what is measured; machine: processor time,
memory and speed of this machine; run: rounds of all measures; results: statistics, targets, tables and plots.
"""
