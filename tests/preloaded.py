"""Import what the commands import, even if only to build networks, except `app.__main__`, which runs in each process
anew."""

import importlib

from app.packages import stub_module

stub_module("torchaudio")  # transformers imports it for audio models
for name in (
    *("app.cli.add_voice", "app.cli.analyze", "app.cli.say", "app.cli.serve", "app.cli.voices"),
    *("app.synthesis.pipeline", "app.training.sagemaker", "app.api.wyoming.server", "app.live.session"),
    *("app.emotion.transformer", "app.inference.pytorch", "app.synthesis.coqui", "tokenizers"),
    *(f"app.synthesis.models.{name}" for name in ("glow_modules", "nsf", "tacotron", "vocos")),
    *("transformers.models.auto.modeling_auto", "transformers.models.auto.tokenization_auto"),
    *("transformers.models.bert.modeling_bert", "transformers.models.bert.tokenization_bert"),
):
    importlib.import_module(name)
