import htmx from "htmx.org";
import { startMenu } from "./menu.js";
import { startPopovers } from "./popovers.js";
import { startThemeSwitch } from "./theme-switch.js";

window.htmx = htmx;

const once = new WeakSet();

async function drawCharts(root) {
  const places = [...root.querySelectorAll("[data-chart]")].filter((place) => !once.has(place));
  if (!places.length) return;
  for (const place of places) once.add(place);
  // A chunk of its own: pages without charts do not pay for the chart library.
  const { draw } = await import("./charts.js");
  for (const place of places) draw(place);
}

startMenu();
startPopovers();
startThemeSwitch();
drawCharts(document);
document.addEventListener("htmx:after:swap", () => drawCharts(document));
