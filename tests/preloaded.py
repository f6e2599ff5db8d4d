"""Import what the commands import, except `app.__main__`, which runs in each process anew."""

import app.cli.add_voice
import app.cli.analyze
import app.cli.say
import app.cli.serve
import app.cli.voices
import app.synthesis.pipeline  # noqa: F401
