"""What a chart shows, as frozen data: the browser draws it, and the same data is its table.

Money is given in minor units, shares as 0–1. Labels follow the language of the request. A datum may have an
`href`: a click goes there, and in the table it is a link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from django.conf import settings

from zhike.kernel.money import decimal_amount, symbol
from zhike.kernel.words import Text, current_language
from zhike.pages import formats

Label = Text | str
Number = int | float | None
Unit = Literal["count", "money", "percent", "days"]

# Each has a fill and a text colour in both themes (assets/tokens.css), all tested for contrast. A domain
# gives each of its groups one of these names once and uses it in charts, badges and tables alike.
Colour = Literal[
    "blue", "sky", "cyan", "teal", "green", "olive", "amber", "orange",
    "red", "pink", "purple", "indigo", "slate", "grey",
]  # fmt: skip
COLOURS: tuple[Colour, ...] = get_args(Colour)
# The order in which series without a colour of their own are coloured: neighbours are easy to tell apart.
_DEFAULT_ORDER: tuple[Colour, ...] = ("blue", "orange", "teal", "purple", "pink", "olive", "sky", "slate")

_DAYS = Text(zh="{} 天", en="{} days")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a chart's table."""

    text: str
    href: str = ""
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Twin:
    """The table that says the same as a chart."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One area of a treemap; `note` is its second line."""

    name: Label
    value: Number
    colour: Colour | None = None
    href: str = ""
    note: Label = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Values along the categories of a chart; None is a gap. `hrefs` is empty or as long as `values`."""

    name: Label
    values: tuple[Number, ...]
    colour: Colour | None = None
    hrefs: tuple[str, ...] = ()
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    title: Label
    unit: Unit


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    name: Label = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of one colour in a scatter chart."""

    name: Label
    points: tuple[Point, ...]
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a flow. `key` is unique; nodes of one `column` (0 at the left) stand in the given order."""

    key: str
    name: Label
    column: int
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    source: str
    target: str
    value: Number
    href: str = ""


@dataclass(frozen=True, slots=True)
class Treemap:
    """Parts of a whole: area = value. On a phone it is drawn as a list of bars."""

    title: Label
    unit: Unit
    items: tuple[Item, ...]

    def spec(self) -> dict[str, Any]:
        items = [
            {
                "name": str(item.name),
                "value": drawn(item.value, self.unit),
                "text": said(item.value, self.unit),
                "note": str(item.note),
                "colour": item.colour or _default_colour(place),
                "href": item.href,
            }
            for place, item in enumerate(self.items)
        ]
        return _spec("treemap", self.title, self.unit, items=items)

    def table(self) -> Twin:
        rows = tuple(
            (Cell(str(item.name), item.href, False), Cell(said(item.value, self.unit)), Cell(str(item.note)))
            for item in self.items
        )
        return _without_empty_columns(Twin(("", str(self.title), ""), rows))


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns, side by side or stacked; `is_horizontal` for long names."""

    title: Label
    unit: Unit
    categories: tuple[Label, ...]
    series: tuple[Series, ...]
    is_stacked: bool = False
    is_horizontal: bool = False

    def __post_init__(self) -> None:
        _check_lengths(self.categories, self.series)

    def spec(self) -> dict[str, Any]:
        return _spec(
            "columns",
            self.title,
            self.unit,
            categories=[str(category) for category in self.categories],
            series=_drawn_series(self.series, self.unit),
            isStacked=self.is_stacked,
            isHorizontal=self.is_horizontal,
        )

    def table(self) -> Twin:
        return _series_table(self.categories, self.series, self.unit)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines along time or along a rank; `is_area` fills below a single line."""

    title: Label
    unit: Unit
    categories: tuple[Label, ...]
    series: tuple[Series, ...]
    is_area: bool = False

    def __post_init__(self) -> None:
        _check_lengths(self.categories, self.series)

    def spec(self) -> dict[str, Any]:
        return _spec(
            "lines",
            self.title,
            self.unit,
            categories=[str(category) for category in self.categories],
            series=_drawn_series(self.series, self.unit),
            isArea=self.is_area,
        )

    def table(self) -> Twin:
        return _series_table(self.categories, self.series, self.unit)


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points in two measures. Give at most a few thousand."""

    title: Label
    x: Axis
    y: Axis
    clouds: tuple[Cloud, ...]

    def spec(self) -> dict[str, Any]:
        clouds = [
            {
                "name": str(cloud.name),
                "colour": cloud.colour or _default_colour(place),
                "points": [self._drawn_point(point) for point in cloud.points],
            }
            for place, cloud in enumerate(self.clouds)
        ]
        axes = {
            name: {"title": str(axis.title), **_axis(axis.unit)}
            for name, axis in (("x", self.x), ("y", self.y))
        }
        return _spec("scatter", self.title, self.y.unit, clouds=clouds, axes=axes)

    def table(self) -> Twin:
        rows = tuple(
            (
                Cell(str(cloud.name), is_number=False),
                Cell(str(point.name), point.href, False),
                Cell(said(point.x, self.x.unit)),
                Cell(said(point.y, self.y.unit)),
            )
            for cloud in self.clouds
            for point in cloud.points
        )
        return _without_empty_columns(Twin(("", "", str(self.x.title), str(self.y.title)), rows))

    def _drawn_point(self, point: Point) -> dict[str, Any]:
        texts = f"{self.x.title} {said(point.x, self.x.unit)}\n{self.y.title} {said(point.y, self.y.unit)}"
        position = [drawn(point.x, self.x.unit), drawn(point.y, self.y.unit)]
        return {"value": position, "name": str(point.name), "text": texts, "href": point.href}


@dataclass(frozen=True, slots=True)
class Sankey:
    """How many went from where to where. Nodes and flows of nobody are left out."""

    title: Label
    unit: Unit
    nodes: tuple[Node, ...]
    flows: tuple[Flow, ...]

    def spec(self) -> dict[str, Any]:
        flows = [flow for flow in self.flows if flow.value]
        met = {flow.source for flow in flows} | {flow.target for flow in flows}
        nodes = [
            {
                "key": node.key,
                "name": str(node.name),
                "column": node.column,
                "colour": node.colour or _default_colour(place),
            }
            for place, node in enumerate(self.nodes)
            if node.key in met
        ]
        drawn_flows = [
            {
                "source": flow.source,
                "target": flow.target,
                "value": drawn(flow.value, self.unit),
                "text": said(flow.value, self.unit),
                "href": flow.href,
            }
            for flow in flows
        ]
        return _spec("sankey", self.title, self.unit, nodes=nodes, flows=drawn_flows)

    def table(self) -> Twin:
        names = {node.key: str(node.name) for node in self.nodes}
        rows = tuple(
            (
                Cell(names[flow.source], is_number=False),
                Cell(names[flow.target], is_number=False),
                Cell(said(flow.value, self.unit), flow.href),
            )
            for flow in self.flows
            if flow.value
        )
        return Twin((str(_FROM), str(_TO), str(self.title)), rows)


Chart = Treemap | Columns | Lines | Scatter | Sankey

_FROM = Text(zh="从", en="From")
_TO = Text(zh="到", en="To")


def said(value: Number, unit: Unit) -> str:
    """The value in full, in the unit's form."""
    if value is None:
        return formats.MISSING
    match unit:
        case "money":
            return formats.money(int(value), settings.ZHIKE_CURRENCY)
        case "percent":
            return formats.percent(value)
        case "days":
            return str(_DAYS).format(formats.count(value))
        case "count":
            return formats.count(value)


def drawn(value: Number, unit: Unit) -> Number:
    """The value in the unit that its axis is labelled in."""
    if value is None or unit != "money":
        return value
    return float(decimal_amount(int(value), settings.ZHIKE_CURRENCY))


def _spec(kind: str, title: Label, unit: Unit, **parts: Any) -> dict[str, Any]:
    return {"kind": kind, "title": str(title), "language": current_language(), **_axis(unit), **parts}


def _axis(unit: Unit) -> dict[str, str]:
    prefix = symbol(settings.ZHIKE_CURRENCY) if unit == "money" else ""
    return {"unit": unit, "prefix": prefix}


def _default_colour(place: int) -> Colour:
    return _DEFAULT_ORDER[place % len(_DEFAULT_ORDER)]


def _drawn_series(series: Sequence[Series], unit: Unit) -> list[dict[str, Any]]:
    return [
        {
            "name": str(each.name),
            "colour": each.colour or _default_colour(place),
            "isDashed": each.is_dashed,
            "data": [
                {"value": drawn(value, unit), "text": said(value, unit), "href": _href(each, index)}
                for index, value in enumerate(each.values)
            ],
        }
        for place, each in enumerate(series)
    ]


def _series_table(categories: Sequence[Label], series: Sequence[Series], unit: Unit) -> Twin:
    rows = tuple(
        (
            Cell(str(category), is_number=False),
            *(Cell(said(each.values[index], unit), _href(each, index)) for each in series),
        )
        for index, category in enumerate(categories)
    )
    return Twin(("", *(str(each.name) for each in series)), rows)


def _href(series: Series, index: int) -> str:
    return series.hrefs[index] if series.hrefs else ""


def _check_lengths(categories: Sequence[Label], series: Sequence[Series]) -> None:
    for each in series:
        if len(each.values) != len(categories) or len(each.hrefs) not in (0, len(categories)):
            raise ValueError(f"the series {each.name} must have one value a category ({len(categories)})")


def _without_empty_columns(twin: Twin) -> Twin:
    kept = [
        place
        for place in range(len(twin.head))
        if twin.head[place] or any(row[place].text for row in twin.rows)
    ]
    return Twin(
        tuple(twin.head[place] for place in kept),
        tuple(tuple(row[place] for place in kept) for row in twin.rows),
    )
