// Bundles what the browser gets into ../static/zhike: hashed names, a manifest, gzip copies.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "static", "zhike");

// Every icon a page may use, by its name at tabler.io/icons.
const ICONS = [
  "alert-triangle", "arrow-down-right", "arrow-right", "arrow-up-right", "award", "building-store", "calendar",
  "chart-bar", "chart-dots", "chart-line", "chart-treemap", "check", "chevron-down", "chevron-left",
  "chevron-right", "circle-check", "circle-x", "clock", "coin", "crown", "database", "device-desktop", "download",
  "external-link", "file-import", "filter", "flask", "heart", "history", "home", "inbox", "info-circle", "language",
  "layout-grid", "loader-2", "lock", "logout", "mail", "menu-2", "minus", "moon", "player-play", "receipt",
  "refresh", "search", "shopping-cart", "sparkles", "sun", "table", "tag", "target", "trending-down", "trending-up",
  "user", "user-plus", "users", "users-group", "x",
];

const hash = (content) => createHash("sha256").update(content).digest("base64url").replace(/[^A-Za-z0-9]/g, "").slice(0, 8).toUpperCase();

function sprite() {
  const symbols = ICONS.map((name) => {
    const file = join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    const shapes = readFileSync(file, "utf8")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/\s*<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
      .replace(/\s*\n\s*/g, "");
    return `<symbol id="icon-${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" class="kz-sprite" aria-hidden="true">${symbols.join("")}</svg>\n`;
}

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  metafile: true,
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  target: ["chrome111", "firefox128", "safari16.4"],
  legalComments: "linked",
  logLevel: "warning",
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// The theme is set by a blocking script in the head: it must be one small file, not a module.
const results = await Promise.all([
  build({ ...common, entryPoints: ["js/theme.js"], format: "iife" }),
  build({ ...common, entryPoints: ["js/app.js"], format: "esm", splitting: true }),
  build({ ...common, entryPoints: ["css/app.css"] }),
]);

const manifest = {};
for (const { metafile } of results) {
  for (const [file, output] of Object.entries(metafile.outputs)) {
    if (output.entryPoint) manifest[output.entryPoint.replace(/^(js|css)\//, "")] = file.split("/").pop();
  }
}
const icons = sprite();
manifest["icons.svg"] = `icons-${hash(icons)}.svg`;
writeFileSync(join(out, manifest["icons.svg"]), icons);
const favicon = readFileSync(join(here, "favicon.svg"));
manifest["favicon.svg"] = `favicon-${hash(favicon)}.svg`;
writeFileSync(join(out, manifest["favicon.svg"]), favicon);
for (const name of readdirSync(out)) {
  writeFileSync(join(out, `${name}.gz`), gzipSync(readFileSync(join(out, name)), { level: 9 }));
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, Object.keys(manifest).sort(), 2) + "\n");
