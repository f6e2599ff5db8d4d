"""How fast the service is, beside other services on the same machine: `intone bench`.

peers (who, and how to ask) -> server (processes) -> client, load (requests) -> measures -> run (rounds) -> results ->
targets, table, plots, report.
"""
