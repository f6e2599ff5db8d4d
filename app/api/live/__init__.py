"""Speak texts that arrive over a WebSocket, in the protocol of ElevenLabs' clients."""
