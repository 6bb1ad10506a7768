import { tick } from "./ticks.js";

export function options(spec, colours, narrow) {
  return { ...common(spec, colours), ...BUILDERS[spec.kind](spec, colours, narrow) };
}

const BUILDERS = {
  treemap: (spec, colours, narrow) => (narrow ? barList(spec, colours) : treemap(spec, colours)),
  columns,
  lines,
  scatter,
  sankey,
};

const still = matchMedia("(prefers-reduced-motion: reduce)");

function common(spec, colours) {
  return {
    aria: { enabled: true, label: { description: spec.title } },
    animation: !still.matches,
    animationDuration: 350,
    textStyle: { fontFamily: colours.font, color: colours.text },
    tooltip: tooltip(colours),
  };
}

function tooltip(colours, more) {
  return {
    // The HTML tooltip writes inline styles, which the content security policy forbids.
    renderMode: "richText",
    confine: true,
    backgroundColor: colours.raised,
    borderColor: colours.line,
    textStyle: { color: colours.text, fontSize: 13 },
    formatter: ({ data, name }) => [data.name ?? name, data.text, data.note].filter(Boolean).join("\n"),
    ...more,
  };
}

const details = (item) => [item.text, item.note].filter(Boolean).join(" · ");
// Braces and bars are markup in rich labels; names come from people.
const safe = (text) => text.replace(/[{}|]/g, " ");
const cursor = (data) => (data.href ? "pointer" : "default");

function treemap(spec, colours) {
  const total = spec.items.reduce((sum, item) => sum + (item.value ?? 0), 0);
  return {
    series: [
      {
        type: "treemap",
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        left: 0, right: 0, top: 0, bottom: 0,
        itemStyle: { gapWidth: 3, borderWidth: 0, borderColor: colours.surface, borderRadius: 4 },
        emphasis: { itemStyle: { opacity: 0.88 } },
        // A long name goes on to a second line; it is cut only where the area has no room at all.
        label: { position: "insideTopLeft", padding: [5, 6], overflow: "break", lineOverflow: "truncate", lineHeight: 18 },
        data: spec.items.filter((item) => item.value > 0).map((item) => ({
          ...item,
          cursor: cursor(item),
          itemStyle: { color: colours.fill(item.colour) },
          label: {
            // A name cut to one letter says nothing: small areas keep theirs in the tooltip and the table.
            show: item.value / total > 0.02,
            overflow: "truncate",
            color: colours.on(item.colour),
            // The break stands inside a part: between two parts, wrapping text swallows it.
            formatter: `{name|${safe(item.name)}}{text|\n${safe(details(item))}}`,
            rich: { name: { fontSize: 14, fontWeight: 600 }, text: { fontSize: 12 } },
          },
        })),
      },
    ],
  };
}

function barList(spec, colours) {
  const items = spec.items.filter((item) => item.value > 0);
  const largest = Math.max(...items.map((item) => item.value));
  return {
    grid: { left: 0, right: 8, top: 4, bottom: 0 },
    xAxis: { type: "value", show: false, max: largest },
    yAxis: { type: "category", inverse: true, show: false, data: items.map((item) => item.name) },
    series: [
      {
        type: "bar",
        barWidth: 8,
        showBackground: true,
        backgroundStyle: { color: colours.line, borderRadius: 4 },
        data: items.map((item) => ({
          ...item,
          cursor: cursor(item),
          itemStyle: { color: colours.fill(item.colour), borderRadius: 4 },
          label: {
            show: true,
            position: [0, -17],
            color: colours.text,
            formatter: `{name|${safe(item.name)}}  {text|${safe(details(item))}}`,
            rich: { name: { fontWeight: 600, fontSize: 13 }, text: { fontSize: 12, color: colours.muted } },
          },
        })),
      },
    ],
  };
}

// A share ends at 100%: no axis to 120%.
function endOfShares(unit) {
  return unit === "percent" ? ({ max }) => (max > 0.8 && max <= 1 ? 1 : undefined) : undefined;
}

function axes(spec, colours, { horizontal = false, narrow = false } = {}) {
  const category = {
    type: "category",
    data: spec.categories,
    inverse: horizontal,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, hideOverlap: true, width: horizontal ? (narrow ? 108 : 140) : undefined, overflow: "truncate" },
  };
  const value = {
    type: "value",
    splitNumber: narrow || horizontal ? 3 : 4,
    splitLine: { lineStyle: { color: colours.line } },
    max: endOfShares(spec.unit),
    axisLabel: { color: colours.muted, formatter: (number) => tick(number, spec), hideOverlap: true },
  };
  return horizontal ? { xAxis: value, yAxis: category } : { xAxis: category, yAxis: value };
}

function legend(series, colours) {
  return {
    show: series.length > 1,
    top: 0,
    left: 0,
    // Two names fit a phone side by side; more of them are paged.
    type: series.length > 2 ? "scroll" : "plain",
    itemGap: 8,
    itemWidth: 14,
    itemHeight: 8,
    icon: "roundRect",
    textStyle: { color: colours.text, fontSize: 12 },
    pageTextStyle: { color: colours.muted },
    pageIconColor: colours.text,
    pageIconInactiveColor: colours.line,
  };
}

function grid(series) {
  return { left: 4, right: 12, top: series.length > 1 ? 40 : 12, bottom: 4, containLabel: true };
}

function axisTooltip(colours, pointer) {
  return tooltip(colours, {
    trigger: "axis",
    axisPointer: { type: pointer, lineStyle: { color: colours.muted }, shadowStyle: { opacity: 0.12 } },
    formatter: (rows) =>
      [rows[0].axisValueLabel, ...rows.map((row) => (rows.length > 1 ? `${row.seriesName}  ${row.data.text}` : row.data.text))].join("\n"),
  });
}

function columns(spec, colours, narrow) {
  const horizontal = spec.isHorizontal;
  const end = horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0];
  return {
    ...axes(spec, colours, { horizontal, narrow }),
    grid: grid(spec.series),
    legend: legend(spec.series, colours),
    tooltip: axisTooltip(colours, "shadow"),
    series: spec.series.map((series) => ({
      type: "bar",
      name: series.name,
      stack: spec.isStacked ? "all" : undefined,
      barMaxWidth: 42,
      barGap: "10%",
      itemStyle: {
        color: colours.fill(series.colour),
        borderRadius: spec.isStacked ? 0 : end,
        borderColor: colours.surface,
        borderWidth: spec.isStacked ? 1 : 0,
      },
      emphasis: { focus: spec.series.length > 1 ? "series" : "none" },
      data: series.data.map((datum) => ({ ...datum, cursor: cursor(datum) })),
    })),
  };
}

function lines(spec, colours, narrow) {
  return {
    ...axes(spec, colours, { narrow }),
    grid: grid(spec.series),
    legend: legend(spec.series, colours),
    tooltip: axisTooltip(colours, "line"),
    series: spec.series.map((series) => ({
      type: "line",
      name: series.name,
      connectNulls: false,
      showSymbol: series.data.length < 15,
      symbol: "circle",
      symbolSize: 6,
      lineStyle: { width: 2.5, type: series.isDashed ? "dashed" : "solid", color: colours.fill(series.colour) },
      itemStyle: { color: colours.fill(series.colour) },
      areaStyle: spec.isArea ? { color: colours.fill(series.colour), opacity: 0.14 } : undefined,
      data: series.data.map((datum) => ({ ...datum, cursor: cursor(datum) })),
    })),
  };
}

function scatter(spec, colours, narrow) {
  const axis = ({ title, ...format }, place) => ({
    type: "value",
    name: title,
    nameLocation: place === "x" ? "middle" : "end",
    nameGap: place === "x" ? 28 : 12,
    nameTextStyle: { color: colours.muted, align: place === "x" ? "center" : "left" },
    scale: true,
    max: endOfShares(format.unit),
    splitNumber: narrow ? 3 : 5,
    splitLine: { lineStyle: { color: colours.line } },
    axisLine: { lineStyle: { color: colours.line } },
    axisLabel: { color: colours.muted, hideOverlap: true, formatter: (number) => tick(number, { ...format, language: spec.language }) },
  });
  return {
    xAxis: axis(spec.axes.x, "x"),
    yAxis: axis(spec.axes.y, "y"),
    grid: { left: 4, right: 16, top: spec.clouds.length > 1 ? 64 : 32, bottom: 28, containLabel: true },
    legend: legend(spec.clouds, colours),
    series: spec.clouds.map((cloud) => ({
      type: "scatter",
      name: cloud.name,
      symbolSize: cloud.points.length > 400 ? 5 : 9,
      itemStyle: { color: colours.fill(cloud.colour), opacity: 0.75 },
      data: cloud.points.map((point) => ({ ...point, cursor: cursor(point) })),
    })),
  };
}

function sankey(spec, colours, narrow) {
  const last = Math.max(...spec.nodes.map((node) => node.column));
  const names = new Map(spec.nodes.map((node) => [node.key, node.name]));
  return {
    tooltip: tooltip(colours, {
      formatter: ({ dataType, data, name, value }) =>
        dataType === "edge"
          ? `${names.get(data.source)} → ${names.get(data.target)}\n${data.text}`
          : `${names.get(name)}\n${tick(value, spec, true)}`,
    }),
    series: [
      {
        type: "sankey",
        left: 0, right: narrow ? 84 : 120, top: 8, bottom: 8,
        nodeGap: 12,
        nodeWidth: 14,
        // The order of the nodes means something (best on top), so it is kept, not optimised away.
        layoutIterations: 0,
        draggable: false,
        emphasis: { focus: "adjacency" },
        lineStyle: { color: "source", opacity: 0.28, curveness: 0.5 },
        label: { color: colours.text, fontSize: 12, width: narrow ? 80 : 116, overflow: "truncate", formatter: ({ name }) => names.get(name) },
        data: spec.nodes.map((node) => ({
          name: node.key,
          depth: node.column,
          itemStyle: { color: colours.fill(node.colour), borderWidth: 0 },
          label: node.column === last ? {} : { textBorderColor: colours.surface, textBorderWidth: 3 },
        })),
        links: spec.flows.map((flow) => ({ ...flow, cursor: cursor(flow) })),
      },
    ],
  };
}
