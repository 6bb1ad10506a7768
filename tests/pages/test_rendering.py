from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from django.template import engines
from django.test import RequestFactory

from zhike.pages import kpis
from zhike.pages.charts import Item, Treemap
from zhike.pages.heat_grids import HeatCell, HeatGrid, HeatRow
from zhike.pages.rendering import render_page


def rendered(source: str, **context: object) -> str:
    from django_cotton.compiler_regex import CottonCompiler

    template = engines["django"].from_string(CottonCompiler().process(source))
    return " ".join(template.render(context).split())


def test_a_page_must_be_a_frozen_dataclass() -> None:
    @dataclass
    class Loose:
        title: str

    for page in (Loose("x"), {"title": "x"}, Loose):
        with pytest.raises(TypeError, match="frozen dataclass"):
            render_page(RequestFactory().get("/"), "web/home.html", page)  # type: ignore[arg-type]


def test_a_number_of_people_leads_to_them() -> None:
    html = rendered('<c-people :count="n" href="/customers/?segment=best" />', n=1234)
    assert 'href="/customers/?segment=best"' in html and "1,234" in html
    assert "<a" not in rendered('<c-people :count="n" href="/x" />', n=0)
    assert "—" in rendered('<c-people :count="n" href="/x" />', n=None)


def test_a_share_is_a_progress_element_without_inline_style() -> None:
    html = rendered('<c-bar :share="s" label="Share" colour="teal" />', s=0.3481)
    assert 'value="0.3481"' in html and "34.8%" in html and 'aria-label="Share"' in html
    assert "—" in rendered('<c-bar :share="s" label="Share" />', s=None)


def test_a_chart_comes_with_its_table() -> None:
    chart = Treemap("Customers", "count", (Item("</script>", 3, href="/x"),))
    html = rendered('<c-chart id="sizes" :chart="chart" />', chart=chart)
    assert 'data-chart="sizes-data"' in html and 'id="sizes-data" type="application/json"' in html
    assert "<table" in html and '<a href="/x">&lt;/script&gt;</a>' in html
    assert html.count("</script>") == 1


def test_a_figure_card_shows_value_change_and_way_to_the_people() -> None:
    change = kpis.Change("+8.2%", "up", "before")
    kpi = kpis.Kpi("Sales", "¥1.4M", "¥1,398,000.00", (change,), (1, 2, 3), "/customers/")
    html = rendered('<c-kpi :kpi="kpi" />', kpi=kpi)
    for part in ('href="/customers/"', 'title="¥1,398,000.00"', "#icon-arrow-up-right", "+8.2%", "<polyline"):
        assert part in html


def test_a_heat_cell_that_is_unknown_has_no_colour() -> None:
    row = HeatRow("r", (HeatCell(10.0, "10"), HeatCell(None), HeatCell(0.0, "0")))
    html = rendered('<c-heat-grid :grid="g" />', g=HeatGrid("t", "rows", "columns", ("a", "b", "c"), (row,)))
    assert 'class="kz-heat-9"' in html and 'class=""' in html and 'class="kz-heat-0"' in html


def test_what_a_visitor_wrote_is_escaped_in_every_component() -> None:
    evil = "<img src=x onerror=1>"
    page = SimpleNamespace(title=evil)
    html = rendered(
        '<c-page-head :title="page.title" pretitle="{{ page.title }}" /><c-badge>{{ page.title }}</c-badge>'
        '<c-card title="{{ page.title }}">x</c-card><c-missing reason="{{ page.title }}" />',
        page=page,
    )
    assert "<img" not in html and html.count("&lt;img") == 6
    assert "&amp;lt;" not in html


def test_a_component_does_not_see_its_callers_variables() -> None:
    assert "secret" not in rendered('<c-page-head title="x" />', pretitle="secret")
