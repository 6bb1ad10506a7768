// One button, three states in turn: as the system, light, dark.
const NEXT = { system: "light", light: "dark", dark: "system" };

export function startThemeSwitch() {
  const root = document.documentElement;
  const button = document.querySelector("[data-theme-switch]");
  if (!button) return;

  const show = () => {
    const choice = root.dataset.themeChoice;
    button.dataset.choice = choice;
    const label = button.dataset[`label${choice[0].toUpperCase()}${choice.slice(1)}`];
    button.setAttribute("aria-label", label);
    button.title = label;
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    document.dispatchEvent(new CustomEvent("zhike:theme", { detail: NEXT[root.dataset.themeChoice] ?? "system" }));
    show();
  });
  show();
}
