"""Fill the file system of the temporary files and of the cache of converted networks."""

from __future__ import annotations

import asyncio
from pathlib import Path

from scripts.attack.attack import Attack, Target
from scripts.attack.service import Limits
from scripts.soak.mix import SENTENCES
from scripts.soak.wire import exchange, write_request

REQUESTS = 40
DISK_MIB = 64
"""Too little for the converted networks: the service starts on a disk that becomes full."""
LONG = " ".join(SENTENCES * 8)
"""Its speech is kept in a temporary file."""
ROOM_BYTES = 2**24
"""More than this speech takes."""
BLOCK = bytes(2**20)


def fill(folder: Path) -> Path:
    """Write a file until there is no room for another byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        size = len(BLOCK)
        while size:
            try:
                written = file.write(BLOCK[:size])
            except OSError:
                written = 0
            size = size if written == size else size // 2
    return filler


async def run(target: Target) -> None:
    """Request speech while the disk is full, and again when it is not."""
    filler = fill(target.service.disk)
    for place in range(target.scaled(REQUESTS)):
        await asyncio.gather(
            _send(target, "short", f"text=Number%20{place}.", (200,)),
            _send(target, "stream", f"text=Number%20{place}.&stream=true", (200,)),
            *(_send(target, "long", f"text={LONG.replace(' ', '%20')}&seed={place}", (507,)) for _ in range(2)),
        )
    # The service may have mapped the converted networks that found room, so only the room of the filler is certain.
    right = (200,) if filler.stat().st_size > ROOM_BYTES else (200, 507)
    filler.unlink()
    await _send(target, "long, with room", f"text={LONG.replace(' ', '%20')}", right)


async def _send(target: Target, kind: str, query: str, right: tuple[int, ...]) -> None:
    data = write_request("GET", f"/synthesize?{query}")
    answer = await exchange(target.port, data)
    target.report.statuses[f"{kind} {answer.status}"] += 1
    target.report.expect(answer.status in right and answer.is_complete, f"{kind}: {answer.status} {answer.code}", data)


ATTACK = Attack(run, Limits(disk_mib=DISK_MIB, environment={"INTONE_CACHE_MB": "0", "INTONE_BACKEND": "openvino"}))
