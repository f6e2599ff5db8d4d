"""How the types of answers become schemas."""

from __future__ import annotations

from pydantic import ConfigDict, with_config

exact = with_config(ConfigDict(extra="forbid", use_attribute_docstrings=True))
"""For a `TypedDict`: nothing is answered beside its fields, whose docstrings are shown in the API reference."""
