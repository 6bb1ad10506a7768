import json
import re
from pathlib import Path

import pytest

from zhike.kernel.words import Text, speaking
from zhike.pages.charts import (
    COLOURS,
    Axis,
    Cloud,
    Columns,
    Flow,
    Item,
    Lines,
    Node,
    Point,
    Sankey,
    Scatter,
    Series,
    Treemap,
)

CUSTOMERS = Text(zh="客户数", en="Customers")
BEST = Text(zh="重要价值", en="Champions")
TOKENS = Path(__file__).parents[2] / "src/zhike/web/assets/css/tokens.css"


def test_every_chart_is_plain_json() -> None:
    series = (Series("a", (1, None)),)
    charts = [
        Treemap(CUSTOMERS, "count", (Item(BEST, 3),)),
        Columns(CUSTOMERS, "count", ("x", "y"), series),
        Lines(CUSTOMERS, "percent", ("x", "y"), series),
        Scatter(CUSTOMERS, Axis("x", "percent"), Axis("y", "money"), (Cloud("c", (Point(0.5, 1000),)),)),
        Sankey(CUSTOMERS, "count", (Node("a", "A", 0), Node("b", "B", 1)), (Flow("a", "b", 2),)),
    ]
    for chart in charts:
        assert json.loads(json.dumps(chart.spec()))["title"] == "客户数"
        assert chart.table().rows


def test_money_is_drawn_in_units_of_the_currency_and_said_in_full() -> None:
    chart = Columns("Sales", "money", ("x",), (Series("a", (123450,)),))
    (datum,) = chart.spec()["series"][0]["data"]
    assert datum == {"value": 1234.5, "text": "¥1,234.50", "href": ""}
    assert chart.spec()["prefix"] == "¥"
    assert chart.table().rows[0][1].text == "¥1,234.50"


def test_labels_follow_the_language() -> None:
    chart = Treemap(CUSTOMERS, "count", (Item(BEST, 3),))
    with speaking("en"):
        assert chart.spec()["items"][0]["name"] == "Champions"
        assert chart.table().head == ("", "Customers")


def test_a_gap_stays_a_gap() -> None:
    chart = Lines(CUSTOMERS, "count", ("x", "y"), (Series("a", (1, None)),))
    assert chart.spec()["series"][0]["data"][1] == {"value": None, "text": "—", "href": ""}


def test_a_click_and_the_table_lead_to_the_same_place() -> None:
    chart = Treemap(CUSTOMERS, "count", (Item(BEST, 3, "blue", "/customers/?segment=champions"),))
    assert chart.spec()["items"][0]["href"] == chart.table().rows[0][0].href


def test_flows_and_nodes_of_nobody_are_left_out() -> None:
    nodes = (Node("a", "A", 0), Node("b", "B", 1), Node("c", "C", 1))
    spec = Sankey(CUSTOMERS, "count", nodes, (Flow("a", "b", 2), Flow("a", "c", 0))).spec()
    assert [node["key"] for node in spec["nodes"]] == ["a", "b"]
    assert len(spec["flows"]) == 1


def test_series_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one value a category"):
        Lines(CUSTOMERS, "count", ("x", "y"), (Series("a", (1,)),))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", COLOURS)
def test_every_colour_carries_its_text_and_stands_out_in_both_themes(theme: str, colour: str) -> None:
    tokens = _tokens(theme)
    assert _contrast(tokens[f"--kz-c-{colour}"], tokens[f"--kz-on-{colour}"]) >= 4.5
    assert _contrast(tokens[f"--kz-c-{colour}"], tokens["--kz-surface"]) >= 3


def _tokens(theme: str) -> dict[str, str]:
    light, dark = TOKENS.read_text().split('[data-bs-theme="dark"] {')
    return dict(re.findall(r"(--kz-[\w-]+): (#\w+);", light if theme == "light" else dark))


def _contrast(first: str, second: str) -> float:
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
