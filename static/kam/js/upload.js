// File fields in a .k-drop frame: shows what was chosen, takes a dropped file. The field works without this.

function size(bytes) {
  const unit = bytes >= 1e6 ? ["MB", 1e6] : ["kB", 1e3];
  return `${(bytes / unit[1]).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })}\u00a0${unit[0]}`;
}

function tell(drop) {
  const file = drop.querySelector("input[type=file]").files[0];
  const line = drop.querySelector("[data-drop-file]");
  if (line && file) line.textContent = `${file.name}, ${size(file.size)}`;
}

document.addEventListener("change", (event) => {
  const drop = event.target.matches?.("input[type=file]") && event.target.closest(".k-drop");
  if (drop) tell(drop);
});
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.(".k-drop");
    if (!drop) return;
    event.preventDefault();
    drop.classList.toggle("is-over", kind === "dragenter" || kind === "dragover");
    if (kind !== "drop" || !event.dataTransfer.files.length) return;
    const input = drop.querySelector("input[type=file]");
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
