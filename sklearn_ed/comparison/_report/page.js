"use strict";

// A click on a heading sorts its table: best value on top; a second click reverses the order.
for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const first = heading.dataset.first ?? "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = heading.ariaSort === first ? other : first;
      headings.forEach((each) => each.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      table.tBodies[0].append(...sorted(rows, column, order));
    });
  });
}

// Missing values come last in both orders; equal values keep their order.
function sorted(rows, column, order) {
  const keyed = rows.map((row) => [key(row.cells[column]), row]);
  const sign = order === "ascending" ? 1 : -1;
  keyed.sort(([a], [b]) => {
    if (a === null || b === null) {
      return (a === null) - (b === null);
    }
    const difference =
      typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true });
    return sign * difference;
  });
  return keyed.map(([, row]) => row);
}

function key(cell) {
  if (!cell.classList.contains("number")) {
    return cell.textContent;
  }
  return "value" in cell.dataset ? Number(cell.dataset.value) : null;
}
