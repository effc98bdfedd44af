"use strict";

document.documentElement.classList.add("scripted");

// Tables: a click on a heading sorts by its column, best first, a second click the other way round. Cells without a value stay last.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  for (const button of table.querySelectorAll("thead button")) {
    button.addEventListener("click", () => {
      const heading = button.closest("th");
      const column = columnOf(table, heading);
      const first = button.querySelector("[title='higher is better']") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? other : first;
      for (const each of table.querySelectorAll("thead th")) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [row.cells[column].dataset.value, row]);
      rows.sort(([a], [b]) => {
        if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
        return sign * (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
      });
      body.append(...rows.map(([, row]) => row));
    });
  }
}

// Headings stand in two lines, and those of the first span columns or both lines.
function columnOf(table, heading) {
  const [above, below] = table.tHead.rows;
  const tall = [...above.cells].filter((cell) => cell.rowSpan === 2);
  return heading.parentNode === above ? tall.indexOf(heading) : tall.length + [...below.cells].indexOf(heading);
}

// Slider between a method's render and the truth.
for (const comparison of document.querySelectorAll(".comparison")) {
  const range = comparison.querySelector("input");
  const select = comparison.querySelector("select");
  range.addEventListener("input", () => comparison.style.setProperty("--split", `${range.value}%`));
  select.addEventListener("change", () => {
    const label = select.selectedOptions[0].textContent;
    const render = comparison.querySelector(".over");
    render.src = select.value;
    render.alt = `${comparison.dataset.scene} lit by ${label}`;
    comparison.querySelector(".left-tag").textContent = label;
  });
}

// Plots: one metric at a time, and only the methods that are ticked.
const plotted = document.getElementById("plotted-metric");
function showPlots() {
  for (const charts of document.querySelectorAll(".charts")) charts.hidden = charts.dataset.metric !== plotted.value;
}
plotted.addEventListener("change", showPlots);
showPlots();
for (const box of document.querySelectorAll(".legend input")) {
  box.addEventListener("change", () => {
    for (const series of document.querySelectorAll(`.series[data-method="${box.dataset.method}"]`)) {
      series.classList.toggle("switched-off", !box.checked);
    }
  });
}
