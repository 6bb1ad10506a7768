"""What the lifecycle stages are called, and their colours. Pure: schemas import it."""

from zhike.kernel.words import Text

LIFECYCLE_STAGES: dict[str, Text] = {
    "prospect": Text("潜客", "Prospect"),
    "new": Text("新客", "New"),
    "active": Text("活跃", "Active"),
    "at_risk": Text("预流失", "At risk"),
    "dormant": Text("沉睡", "Dormant"),
    "lost": Text("流失", "Lost"),
}

LIFECYCLE_STAGE_COLOURS = {
    "prospect": "sky",
    "new": "teal",
    "active": "green",
    "at_risk": "orange",
    "dormant": "slate",
    "lost": "grey",
}
