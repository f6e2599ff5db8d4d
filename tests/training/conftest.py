"""Lets the tests of this folder import transformers' models where torchaudio cannot be loaded."""

from __future__ import annotations

from app.stubs import stub_module

stub_module("torchaudio")
