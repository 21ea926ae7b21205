// A row of tabs that is wider than the window begins at the one that is open.
function reveal(root) {
  const bars = root.matches?.(".k-tabs-scroll") ? [root] : (root.querySelectorAll?.(".k-tabs-scroll") ?? []);
  for (const bar of bars) {
    const open = bar.querySelector("[aria-current]");
    if (!open) continue;
    const { left, width } = open.getBoundingClientRect();
    bar.scrollLeft += left - bar.getBoundingClientRect().left - (bar.clientWidth - width) / 2;
  }
}

reveal(document);
document.addEventListener("htmx:load", (event) => reveal(event.target));
