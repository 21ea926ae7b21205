// htmx: CSRF header, loading bar, errors as notices, changes spoken and tinted, our own question for hx-confirm.
import { announce, toast } from "./announce.js";
import { ask } from "./dialog.js";
import { csrfToken, problemOf } from "./http.js";

const bar = document.getElementById("loading-bar");
let running = 0;
let timer = 0;

function busy(change) {
  running = Math.max(0, running + change);
  clearTimeout(timer);
  if (running > 0) {
    // Quick answers need no bar.
    timer = setTimeout(() => {
      bar?.classList.remove("is-done");
      bar?.classList.add("is-busy");
    }, 150);
  } else if (bar?.classList.contains("is-busy")) {
    bar.classList.replace("is-busy", "is-done");
    timer = setTimeout(() => bar.classList.remove("is-done"), 400);
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.detail.elt.matches("[hx-trigger^='every']")) busy(1);
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.matches("[hx-trigger^='every']")) busy(-1);
});
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const problem = problemOf(xhr.status, xhr.responseText);
  toast(problem.title, problem.detail);
});
document.addEventListener("htmx:sendError", () => {
  const problem = problemOf(0, "");
  toast(problem.title, problem.detail);
});
document.addEventListener("htmx:afterSwap", (event) => {
  const told = event.detail.target?.closest("[data-announce]")?.dataset.announce;
  if (told) announce(told);
});
document.addEventListener("htmx:oobAfterSwap", (event) => {
  event.detail.target?.classList.add("k-changed");
});
// The server may say something: HX-Trigger: {"kam:say": {"text": "…"}} or {"kam:toast": {"title": "…"}}.
document.addEventListener("kam:say", (event) => announce(event.detail.text ?? event.detail.value));
document.addEventListener("kam:toast", (event) => toast(event.detail.title, event.detail.text, event.detail.meaning ?? "keep"));
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  ask(event.detail.question, event.detail.elt.dataset.confirmVerb).then((yes) => yes && event.detail.issueRequest(true));
});
