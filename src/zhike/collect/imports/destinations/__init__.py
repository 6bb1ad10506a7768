"""Where the rows of an import go: facts into the lake, people and balances into the database."""

from __future__ import annotations

from collections.abc import Callable

from zhike.collect.imports.destinations.destination import Destination, Taken, Task
from zhike.collect.imports.destinations.facts import FactsDestination
from zhike.collect.imports.destinations.points import PointsDestination
from zhike.collect.imports.destinations.profiles import ProfilesDestination

_CLASSES: dict[str, Callable[[Task], Destination]] = {
    "facts": FactsDestination,
    "profiles": ProfilesDestination,
    "points": PointsDestination,
}

__all__ = ["Destination", "Taken", "Task", "destination_of"]


def destination_of(task: Task) -> Destination:
    """The destination of the rows of an import."""
    return _CLASSES[task.kind.destination](task)
