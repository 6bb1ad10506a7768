// <details class="kz-pop"> opens a small panel without any script; this closes it as people expect.
export function startPopovers() {
  const open = () => document.querySelectorAll("details.kz-pop[open]");
  document.addEventListener("click", (event) => {
    for (const each of open()) if (!each.contains(event.target)) each.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const each of open()) {
      each.open = false;
      each.querySelector("summary").focus();
    }
  });
}
