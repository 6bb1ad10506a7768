// Short numbers for axes; the same steps as pages/formats.py.
const STEPS = {
  zh: [[1e8, "亿"], [1e4, "万"]],
  en: [[1e9, "B"], [1e6, "M"], [1e3, "K"]],
};

export function tick(number, { unit, prefix, language }, isFull = false) {
  if (unit === "percent") return `${plain(number * 100)}%`;
  const sign = number < 0 ? "-" : "";
  const size = Math.abs(number);
  const [step, name] = (isFull ? null : STEPS[language].find(([from]) => size >= from)) ?? [1, ""];
  return `${sign}${prefix}${plain(size / step)}${name && language === "zh" ? " " : ""}${name}`;
}

function plain(number) {
  return number.toLocaleString("en", { maximumFractionDigits: Number.isInteger(number) ? 0 : 2 });
}
