// Sets the theme before the first paint: the user's fixed choice, else the system's.
const KEY = "zhike-theme";
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
let choice = "system";

try {
  choice = localStorage.getItem(KEY) ?? "system";
} catch {
  // Storage may be switched off; the system's theme is a good answer then.
}

function apply() {
  root.dataset.themeChoice = choice;
  root.dataset.bsTheme = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
}

root.classList.add("has-js");
apply();
dark.addEventListener("change", apply);
document.addEventListener("zhike:theme", ({ detail }) => {
  choice = detail;
  apply();
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // Without storage the choice holds for this page.
  }
});
