"use strict";
// Draws each table of numbers. Without this the tables are there all the same.
const COLOURS = ["#1f6fd0", "#168a5c", "#c2410c", "#7c3aed", "#8a6d00"];

const read = (table) => {
  const rows = [...table.tBodies[0].rows];
  const xs = rows.map((row) => Date.parse(`${row.cells[0].textContent}T00:00:00+08:00`) / 1000);
  const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
  const ys = names.map((_, n) => rows.map((row) => {
    const given = row.cells[n + 1].dataset.value;
    return given === undefined ? null : Number(given);
  }));
  return { xs, names, ys, first: table.tHead.rows[0].cells[0].textContent };
};

const day = (seconds) => new Date(seconds * 1000 + 8 * 3600 * 1000).toISOString().slice(5, 10);

for (const place of document.querySelectorAll("[data-plot]")) {
  const { xs, names, ys, first } = read(document.querySelector(`table[data-chart="${place.dataset.plot}"]`));
  const size = () => ({ width: place.clientWidth, height: 220 });
  const plot = new uPlot({
    ...size(),
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
    axes: [{ values: (_, ticks) => ticks.map(day), space: 60, stroke: "#5d6674", grid: { show: false } }, { stroke: "#5d6674", grid: { stroke: "#e3e7ed" }, size: 54 }],
    series: [
      { label: first, value: (_, seconds) => (seconds ? day(seconds) : "") },
      ...names.map((label, n) => ({ label, stroke: COLOURS[n % COLOURS.length], width: 2, points: { show: xs.length < 40, size: 5 }, spanGaps: true })),
    ],
  }, [xs, ...ys], place);
  addEventListener("resize", () => plot.setSize(size()));
}
