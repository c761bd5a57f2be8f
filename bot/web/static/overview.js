"use strict";
// Draws each table of numbers. Without this the tables are there all the same.
const MEANING = {
  open: "#5d6674", issued: "#1f6fd0", recovered: "#168a5c", revoked: "#c4342d", closed: "#7c3aed",
  to_receipt: "#1f6fd0", to_report: "#168a5c", allowed: "#168a5c", to_recovery: "#7c3aed",
  received: "#1f6fd0", in_time: "#168a5c", lifted_in_time: "#7c3aed", reversed: "#c4342d",
  accepted: "#1f6fd0", failed: "#c4342d", uncertain: "#b57407", seen: "#7c3aed", confirmed: "#168a5c",
  answered: "#168a5c", refused: "#b57407", delay_p50: "#1f6fd0", delay_p95: "#7c3aed", others: "#5d6674",
};
const OTHERS = ["#1f6fd0", "#168a5c", "#c2410c", "#7c3aed", "#8a6d00"];
const DASHED = new Set(["allowed", "open", "others"]); // what the others are held against
const ZONE = "Asia/Shanghai";

const read = (table) => {
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells].slice(1);
  return {
    xs: rows.map((row) => Date.parse(`${row.cells[0].textContent}T00:00:00+08:00`) / 1000),
    days: rows.map((row) => row.cells[0].textContent),
    series: heads.map((head, n) => ({
      name: head.dataset.series,
      label: head.textContent,
      values: rows.map((row) => (row.cells[n + 1].dataset.value === undefined ? null : Number(row.cells[n + 1].dataset.value))),
      words: rows.map((row) => row.cells[n + 1].textContent),
    })),
    first: table.tHead.rows[0].cells[0].textContent,
  };
};

// While nothing is pointed at, the legend tells of the last bucket that is over.
const at = (words, index) => words[index ?? Math.max(0, words.length - 2)];

// Days that are in the table, as many as there is room for.
const ticks = (plot, xs) => {
  const step = Math.max(1, Math.ceil(xs.length / Math.max(2, Math.floor(plot.bbox.width / devicePixelRatio / 58))));
  return xs.filter((_, n) => (xs.length - 1 - n) % step === 0);
};

for (const place of document.querySelectorAll("[data-plot]")) {
  const { xs, days, series, first } = read(document.querySelector(`table[data-chart="${place.dataset.plot}"]`));
  const size = () => ({ width: place.clientWidth, height: 220 });
  const plot = new uPlot({
    ...size(),
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), ZONE),
    legend: { markers: { dash: (_, n) => (n > 0 && DASHED.has(series[n - 1].name) ? "dashed" : "solid") } },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
    axes: [
      { splits: (self) => ticks(self, xs), values: (_, shown) => shown.map((one) => days[xs.indexOf(one)].slice(5)), stroke: "#5d6674", grid: { show: false } },
      { stroke: "#5d6674", grid: { stroke: "#e3e7ed" }, size: 54 },
    ],
    series: [
      { label: first, value: (_, __, ___, index) => at(days, index) },
      ...series.map(({ name, label, words }, n) => ({
        label,
        value: (_, __, ___, index) => at(words, index),
        stroke: MEANING[name] ?? OTHERS[n % OTHERS.length],
        dash: DASHED.has(name) ? [6, 4] : undefined,
        width: 2,
        points: { show: xs.length < 40, size: 5 },
        spanGaps: true,
      })),
    ],
  }, [xs, ...series.map(({ values }) => values)], place);
  addEventListener("resize", () => plot.setSize(size()));
}
