// The relationship matrix by keyboard: arrows move, 0–5 sets a strength and saves it, Enter opens the rest, Ctrl Z takes back.
import { announce, toast } from "../announce.js";
import { csrfToken, problemOf } from "../http.js";

const table = document.querySelector("[data-matrix]");
const undone = [];
let waiting = Promise.resolve();

const rowsOf = () => [...table.tBodies[0].rows];
// Columns that the phone hides are no stops.
const stopsOf = (row) => [...row.querySelectorAll(".lk-cell a.lk-link")].filter((link) => link.offsetParent !== null);
const holderOf = (link) => link.closest(".lk-cell");

function oneStop(current) {
  for (const link of table.querySelectorAll(".lk-cell a.lk-link")) link.tabIndex = link === current ? 0 : -1;
}

function go(link) {
  if (!link) return;
  oneStop(link);
  link.focus();
}

function move(link, down, across) {
  const rows = rowsOf();
  const row = rows.indexOf(link.closest("tr"));
  const column = stopsOf(rows[row]).indexOf(link);
  const there = stopsOf(rows[Math.min(rows.length - 1, Math.max(0, row + down))]);
  go(there[Math.min(there.length - 1, Math.max(0, column + across))]);
}

async function send(holder, fields, keepsUndo) {
  const link = holder.querySelector("a.lk-link");
  const url = link.href;
  const had = document.activeElement === link;
  const body = new URLSearchParams({ version: link.dataset.version, ...fields });
  let response;
  holder.classList.add("is-saving");
  try {
    response = await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { Accept: "application/json", "X-CSRFToken": csrfToken() } });
  } catch {
    const problem = problemOf(0, "");
    toast(problem.title, problem.detail);
    return;
  } finally {
    holder.classList.remove("is-saving");
  }
  if (!response.ok && response.status !== 409) {
    const problem = problemOf(response.status, await response.text());
    toast(problem.title, problem.detail);
    return;
  }
  const answer = await response.json();
  holder.innerHTML = answer.cell;
  holder.closest("tr").querySelector(".lk-total").innerHTML = answer.total;
  window.htmx?.process(holder);
  const fresh = holder.querySelector("a.lk-link");
  if (had) go(fresh);
  else fresh.tabIndex = -1;
  holder.classList.remove("k-changed");
  requestAnimationFrame(() => holder.classList.add("k-changed"));
  if (response.status === 409) toast("Somebody else was faster", answer.said);
  else if (keepsUndo) undone.push({ holder, fields: answer.undo });
  announce(answer.said);
}

function set(link, strength) {
  const holder = holderOf(link);
  waiting = waiting.then(() => send(holder, { strength }, true));
}

function takeBack() {
  const last = undone.pop();
  if (!last) return announce("Nothing to take back");
  waiting = waiting.then(() => {
    // What was saved since has a newer version; the cell knows it.
    const { version, ...fields } = last.fields;
    go(last.holder.querySelector("a.lk-link"));
    return send(last.holder, fields, false);
  });
}

if (table) {
  oneStop(table.querySelector(".lk-cell a.lk-link"));
  table.addEventListener("focusin", (event) => {
    const link = event.target.closest(".lk-cell a.lk-link");
    if (link) oneStop(link);
  });
  table.addEventListener("keydown", (event) => {
    const link = event.target.closest?.(".lk-cell a.lk-link");
    if (!link || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      event.preventDefault();
      takeBack();
      return;
    }
    if (event.ctrlKey || event.metaKey) return;
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -999], End: [0, 999] };
    if (steps[event.key]) {
      event.preventDefault();
      move(link, ...steps[event.key]);
    } else if (/^[0-5]$/.test(event.key)) {
      event.preventDefault();
      set(link, event.key === "0" ? "" : event.key);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      set(link, "");
    }
  });
}
