// The side panel of the buying centre, and "Help me choose": answers fill the fields, a person may still change them.
import { announce } from "../announce.js";

const panel = document.getElementById("contact-panel");
let opener = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "contact-panel-body" && !panel.open) opener = document.activeElement;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "contact-panel-body") return;
  if (!panel.open) panel.showModal();
  const wrong = panel.querySelector("[aria-invalid=true]");
  (wrong ?? panel.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
});
panel?.addEventListener("close", () => {
  panel.querySelector("#contact-panel-body").replaceChildren();
  opener?.focus();
});

function suggest(form, name, value, words) {
  const field = form.elements[name];
  if (!field || field.value === value) return;
  field.value = value;
  field.classList.add("k-changed");
  announce(words);
}

document.addEventListener("change", (event) => {
  const answer = event.target;
  const form = answer.closest?.("[data-contact-form]");
  if (!form) return;
  if (answer.dataset.suggestRole !== undefined) {
    const box = form.querySelector(`[data-role-boxes] input[value="${answer.dataset.suggestRole}"]`);
    box.checked = answer.checked;
    announce(`${box.closest("label").textContent.trim()} ${box.checked ? "chosen" : "not chosen"}`);
  } else if (answer.dataset.suggestAttitude !== undefined) {
    suggest(form, "attitude", answer.dataset.suggestAttitude, `Attitude ${answer.dataset.suggestAttitude}`);
  } else if (answer.dataset.suggestPower !== undefined) {
    const points = [...form.querySelectorAll("[data-suggest-power]:checked")].reduce((sum, box) => sum + Number(box.dataset.suggestPower), 0);
    suggest(form, "power", String(points), `Power ${points} of 10`);
  }
});
