// The figures of a chart as a table: what a screen reader, a spreadsheet or a doubter wants.

export function renderTable({ columns, rows }, label) {
  const frame = document.createElement("div");
  frame.className = "k-chart-table";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", `${label}, as a table`);
  const table = document.createElement("table");
  table.className = "k-table";
  const head = table.createTHead().insertRow();
  for (const column of columns) {
    const th = document.createElement("th");
    th.scope = "col";
    th.textContent = column.label;
    if (column.left) th.className = "k-left";
    head.append(th);
  }
  const body = table.createTBody();
  for (const row of rows) {
    const tr = body.insertRow();
    row.forEach((cell, index) => {
      const td = tr.insertCell();
      if (columns[index].left) td.className = "k-left";
      const text = String(cell?.text ?? cell ?? "");
      if (cell?.url) {
        const link = document.createElement("a");
        link.className = "k-name";
        link.href = cell.url;
        link.textContent = text;
        td.append(link);
      } else {
        td.textContent = text;
        if (text.startsWith("\u2212")) td.classList.add("k-neg");
      }
    });
  }
  frame.append(table);
  return frame;
}
