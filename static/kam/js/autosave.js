// form[data-autosave] saves itself through htmx. Here: say what is not saved yet, keep it after a failure, and ask
// before a page is left with something unsaved.
import { announce } from "./announce.js";

const unsaved = new Set();
const statusOf = (form) => form.querySelector("[role=status]");

function tell(form, text) {
  const status = statusOf(form);
  if (status && !status.querySelector("[role=alert]")) status.textContent = text;
}

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-autosave]");
  if (!form) return;
  unsaved.add(form);
  tell(form, "Not saved yet …");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (!form.matches("form[data-autosave]")) return;
  // A conflict waits for a person: what they write meanwhile goes with “Keep mine”.
  if (statusOf(form)?.querySelector("[role=alert]")) event.preventDefault();
  else tell(form, "Saving …");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form[data-autosave]");
  if (!form) return;
  const status = event.detail.xhr.status;
  if (status >= 200 && status < 300) unsaved.delete(form);
  else if (status === 409) announce("Somebody else changed this answer first. Nothing of yours is lost.");
  else if (status !== 422) tell(form, "Not saved. What you wrote is still here; change anything to try again.");
});
addEventListener("beforeunload", (event) => {
  for (const form of unsaved) if (!form.isConnected) unsaved.delete(form);
  if (unsaved.size) event.preventDefault();
});
