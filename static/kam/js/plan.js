// The plan: who else is here, what is not saved yet, boards by drag and by keyboard.
import Sortable from "../../vendor/sortable/sortable.esm.js";
import { announce } from "./announce.js";
import { csrfToken } from "./http.js";

const root = document.querySelector("[data-plan]");
const BEAT = 15000;
let typedAt = 0;

// ---- who is here -------------------------------------------------------------------------------------------

async function report(section, keepalive = false) {
  const body = new URLSearchParams({ section, typing: String(Date.now() - typedAt < BEAT) });
  const answer = await fetch(root.dataset.presence, { method: "POST", body, keepalive, credentials: "same-origin", headers: { "X-CSRFToken": csrfToken() } });
  return answer.ok ? answer.json() : null;
}

function initialsOf(name) {
  return name.split(/\s+/).slice(0, 2).map((word) => word[0] ?? "").join("").toUpperCase();
}

function showPeople(people) {
  const here = people.filter((person) => person.section === root.dataset.section);
  const line = document.getElementById("plan-people");
  const writing = here.filter((person) => person.typing).map((person) => person.name);
  const reading = here.filter((person) => !person.typing).map((person) => person.name);
  const words = [writing.length ? `${writing.join(", ")} ${writing.length > 1 ? "are" : "is"} writing here` : "", reading.length ? `${reading.join(", ")} ${reading.length > 1 ? "are" : "is"} here too` : ""].filter(Boolean).join("; ");
  if (line && line.textContent !== words) line.textContent = words;
  for (const place of document.querySelectorAll("[data-here]")) {
    place.replaceChildren(...people.filter((person) => person.section === place.dataset.here).slice(0, 3).map((person) => {
      const mark = document.createElement("b");
      mark.textContent = initialsOf(person.name);
      mark.title = `${person.name} ${person.typing ? "is writing" : "is"} here`;
      return mark;
    }));
  }
}

let last = [];
async function beat() {
  if (document.visibilityState === "hidden") return;
  try {
    const found = await report(root.dataset.section);
    if (found) showPeople((last = found.people));
  } catch {
    // Presence is a courtesy: without the server the page's own saving says what is wrong.
  }
}

// ---- what is not saved yet ---------------------------------------------------------------------------------

function textForm() {
  return document.querySelector("[data-plan-text]");
}

document.addEventListener("input", (event) => {
  if (!event.target.closest("[data-plan]")) return;
  const wasQuiet = Date.now() - typedAt > BEAT;
  typedAt = Date.now();
  if (wasQuiet) beat();
  if (event.target.name === "text" && event.target.form?.matches("[data-plan-text]")) event.target.form.classList.add("k-plan-dirty");
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("[data-plan-text]");
  if (!form || !event.detail.successful) return;
  const sent = event.detail.requestConfig.parameters.text ?? event.detail.requestConfig.formData?.get("text");
  if (form.elements.text && form.elements.text.value.replace(/\r\n/g, "\n") === String(sent).replace(/\r\n/g, "\n")) form.classList.remove("k-plan-dirty");
});

addEventListener("beforeunload", (event) => {
  // A conflict that nobody has decided holds words that are stored nowhere else.
  if (textForm()?.classList.contains("k-plan-dirty") || document.querySelector("[data-plan-conflict]")) event.preventDefault();
});

// What was typed while the save that met somebody else's was under way belongs to “mine” as well.
let typed = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "plan-text") typed = textForm()?.elements.text?.value ?? null;
});
document.addEventListener("htmx:afterSwap", () => {
  const conflict = document.querySelector("[data-plan-conflict]");
  if (!conflict || typed === null) return;
  for (const mine of conflict.querySelectorAll("[data-mine]")) {
    if (mine.matches("textarea")) mine.value = typed;
    else mine.textContent = typed;
  }
  const both = conflict.querySelector("[data-both]");
  both.value = `${both.dataset.both.trimEnd()}\n\n${typed.trimStart()}`;
  typed = null;
});

document.addEventListener("htmx:afterSettle", (event) => {
  event.detail.elt.querySelector?.("[data-focus]")?.focus();
  mountBoards();
  showPeople(last);
});

// ---- boards ------------------------------------------------------------------------------------------------

function move(item, { before = "", quadrant = "" }) {
  const grip = item.dataset.row;
  return window.htmx.ajax("POST", item.dataset.move, { target: "#plan-rows", swap: "outerHTML", values: { before, quadrant } }).then(() => {
    document.querySelector(`[data-row="${grip}"] [data-grip]`)?.focus();
  });
}

function mountBoards() {
  for (const list of document.querySelectorAll("[data-board] [data-quadrant]")) {
    if (list.dataset.mounted) continue;
    list.dataset.mounted = "yes";
    Sortable.create(list, {
      group: "board",
      handle: "[data-grip]",
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
      ghostClass: "k-board-ghost",
      onEnd(event) {
        const next = event.item.nextElementSibling;
        if (event.from === event.to && event.oldIndex === event.newIndex) return;
        move(event.item, { before: next?.dataset.row ?? "", quadrant: event.to.dataset.quadrant });
      },
    });
  }
}

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
  event.preventDefault();
  const item = grip.closest("[data-row]");
  const list = item.parentElement;
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    const other = event.key === "ArrowUp" ? item.previousElementSibling : item.nextElementSibling?.nextElementSibling;
    if (event.key === "ArrowUp" ? !other : !item.nextElementSibling) return;
    move(item, { before: other?.dataset.row ?? "", quadrant: list.dataset.quadrant }).then(() => announce("Moved"));
    return;
  }
  const lists = [...list.closest("[data-board]").querySelectorAll("[data-quadrant]")];
  const next = lists[lists.indexOf(list) + (event.key === "ArrowRight" ? 1 : -1)];
  if (!next) return;
  const name = next.closest("section").querySelector("h3").firstChild.textContent.trim();
  move(item, { quadrant: next.dataset.quadrant }).then(() => announce(`Moved to ${name}`));
});

if (root) {
  mountBoards();
  beat();
  setInterval(beat, BEAT);
  document.addEventListener("visibilitychange", beat);
  addEventListener("pagehide", () => report("", true).catch(() => {}));
  // On a phone the list of sections folds away.
  const toc = document.querySelector("[data-plan-toc]");
  if (toc && matchMedia("(width <= 760px)").matches) toc.open = false;
}
