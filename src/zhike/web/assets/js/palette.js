// The colours of the theme in force, read from the style sheet so that there is one list of them.
export function palette(element) {
  const style = getComputedStyle(element);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    fill: (name) => read(`--kz-c-${name}`),
    on: (name) => read(`--kz-on-${name}`),
    text: read("--kz-ink"),
    muted: read("--kz-muted"),
    line: read("--kz-line"),
    surface: read("--kz-surface"),
    raised: read("--kz-raised"),
    font: style.fontFamily,
  };
}
