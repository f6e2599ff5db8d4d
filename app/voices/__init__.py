"""Find, check and list voice folders."""

from app.voices.coqui_config import AudioConfig
from app.voices.manifest import Checkpoint, Manifest, SpokenEmotion, VocoderFiles, read_manifest
from app.voices.registry import Registry
from app.voices.voice import Voice, open_voice

__all__ = [
    "AudioConfig",
    "Checkpoint",
    "Manifest",
    "Registry",
    "SpokenEmotion",
    "VocoderFiles",
    "Voice",
    "open_voice",
    "read_manifest",
]
