"""How a task is saved and gone on with: each of its parts knows its own state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol


class Part(Protocol):
    """A network, an optimizer, an average."""

    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, state_dict: dict[str, Any], /) -> Any: ...


class Resumable(ABC):
    """`state` and `restore` of `task.Task`."""

    number: int

    @abstractmethod
    def parts(self) -> dict[str, Part]:
        """Name in the checkpoint -> what is saved under it."""

    def state(self) -> dict[str, Any]:
        """See `Task.state`."""
        return {"number": self.number, **{name: part.state_dict() for name, part in self.parts().items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """See `Task.restore`."""
        self.number = state["number"]
        for name, part in self.parts().items():
            part.load_state_dict(state[name])
