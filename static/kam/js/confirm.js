// form[data-confirm="question"] asks before it is sent; data-confirm-verb is what the button of the answer says.
import { ask } from "./dialog.js";

// In the capture phase: before whatever counts a form as sent.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.confirm || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!(await ask(form.dataset.confirm, form.dataset.confirmVerb))) return;
  form.dataset.confirmed = "yes";
  form.requestSubmit(event.submitter);
}, true);
