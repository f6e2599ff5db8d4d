"""The architectures of networks that a voice may consist of."""

from __future__ import annotations

END_TO_END = ("vits", "piper")
"""Acoustic models that make samples themselves, so that their emotions name no vocoder."""
SOURCE_VOCODERS = ("hifigan_source", "vocos_source")
"""Vocoders that generate the harmonics themselves, so that requests can change the pitch."""
FORWARD_TTS = ("fast_pitch", "fast_speech", "fastspeech2", "speedy_speech")
"""Acoustic models that coqui runs by one class, under the names of their configs."""
PARALLEL = (*FORWARD_TTS, "align_tts", "vits")
"""Acoustic models that predict durations and then all frames at once."""
PREDICTS_PITCH = ("fast_pitch", "fastspeech2")
"""Acoustic models of FORWARD_TTS that predict the pitch of each token, unless their config says otherwise."""
NEURAL_HMM = ("overflow", "neuralhmm_tts")
MIXES_SPEAKERS = ("glow_tts", "vits", *FORWARD_TTS)
"""Acoustic models that take a mixture of the embeddings of their speakers, so that degree works between them."""
MIXES_CHECKPOINTS = (*MIXES_SPEAKERS, "align_tts")
"""Acoustic models whose weights can be interpolated between checkpoints that were fine-tuned from one."""
_CLONING = (
    "continues a recording as a language model does, far slower than real time on a CPU",
    "speak with a VITS, such as coqui's tts_models/en/vctk/vits",
)
_CONVERSION = ("changes the voice of a recording and reads no text", "name the folder of a text-to-speech model")
FAIRSEQ_VITS = "fairseq_vits"
"""A checkpoint of Meta's MMS, as fairseq writes it: `G_100000.pth`, `config.json` and `vocab.txt`."""
UNSUPPORTED = {
    "wavernn": (
        "computes each sample from the one before, far slower than real time on a CPU, so that it cannot stream",
        "use a HiFi-GAN of the same mel spectrogram, such as coqui's vocoder_models/en/ljspeech/hifigan_v2",
    ),
    "wavegrad": (
        "computes the whole utterance dozens of times before its first sample, so that it cannot stream",
        "use a HiFi-GAN of the same mel spectrogram, such as coqui's vocoder_models/en/ljspeech/hifigan_v2",
    ),
    **dict.fromkeys(("xtts", "tortoise", "bark"), _CLONING),
    **dict.fromkeys(("freevc", "knnvc", "openvoice"), _CONVERSION),
    FAIRSEQ_VITS: (
        "is in the format of fairseq (MMS), which has other names and its own list of letters",
        "speak the language with a VITS of coqui-tts or a Piper voice",
    ),
    "delightful_tts": (
        "is not supported, as coqui has released no model of it",
        "train a VITS or a FastPitch on the same recordings",
    ),
}
"""Models of coqui that cannot be used: the reason and the way out."""
UNSUPPORTED_VOCODERS = ("wavernn", "wavegrad")
