// Draws what pages/charts.py describes. Texts arrive formatted; only axis ticks are formatted here.
import { BarChart, LineChart, SankeyChart, ScatterChart, TreemapChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { options } from "./chart-options.js";
import { palette } from "./palette.js";

use([
  AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, LineChart, SankeyChart, ScatterChart,
  TooltipComponent, TreemapChart,
]);

const NARROW = 560; // of the chart itself: a card on a 640 px screen
const drawn = new Set();

export function draw(place) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const chart = init(place, null, { renderer: "canvas" });
  const entry = { place, chart, spec, narrow: null };
  drawn.add(entry);
  render(entry);
  chart.on("click", ({ data }) => {
    if (data?.href) location.assign(data.href);
  });
  new ResizeObserver(() => resize(entry)).observe(place);
}

function render(entry) {
  entry.narrow = entry.place.clientWidth < NARROW;
  entry.chart.setOption(options(entry.spec, palette(entry.place), entry.narrow), { notMerge: true });
}

function resize(entry) {
  if (!entry.place.isConnected) {
    entry.chart.dispose();
    drawn.delete(entry);
    return;
  }
  entry.chart.resize();
  if (entry.narrow !== entry.place.clientWidth < NARROW) render(entry);
}

new MutationObserver(() => drawn.forEach(render)).observe(document.documentElement, {
  attributeFilter: ["data-bs-theme"],
});
