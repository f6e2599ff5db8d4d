"""Define the CloudWatch metrics that SageMaker extracts from a training's log, each by a regular expression.

The lines are those of `trainer.format_line`, such as `sm_metric step=120; train_loss=-3.6810e-01;
held_out_loss=5.0000e-01;`. The metrics of a training depend on its model. A job may define 40 metrics, with up to 500
characters per expression.
"""

NUMBER = r"([-+.e\d]+)"
ACOUSTIC = ("loss", "log_mle", "loss_dur", "decoder_loss", "postnet_loss", "stopnet_loss", "attention_loss")
"""Losses of `glow_tts` and `tacotron2`."""
HIFIGAN = ("mel", "stft", "telling", "passing", "features", "pitch", "semitones", "voicing")
"""Losses and errors of `hifigan_v1`, `hifigan_v2` and `hifigan_source`."""
VOCOS = ("tone", "tone_phase", "free", "free_phase")
"""Losses of `vocos_source`, which also has `pitch`."""
TRAINING_ONLY = ("telling", "passing", "features", "pitch")
HELD_OUT_ONLY = ("semitones", "voicing")

TRAINING_METRICS = [name for name in (*ACOUSTIC, *HIFIGAN, *VOCOS) if name not in HELD_OUT_ONLY]
HELD_OUT_METRICS = [name for name in (*ACOUSTIC, *HIFIGAN, *VOCOS) if name not in TRAINING_ONLY]

METRIC_DEFINITIONS: list[dict[str, str]] = [
    {"Name": "step", "Regex": r"sm_metric step=(\d+);"},
    *({"Name": f"train:{name}", "Regex": f" train_{name}={NUMBER};"} for name in TRAINING_METRICS),
    *({"Name": f"held_out:{name}", "Regex": f" held_out_{name}={NUMBER};"} for name in HELD_OUT_METRICS),
]
