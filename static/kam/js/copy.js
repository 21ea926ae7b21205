// data-copy="#field" copies the field's value; the button says that it did.
import { announce } from "./announce.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const field = document.querySelector(button.dataset.copy);
  const label = button.querySelector("span") ?? button;
  try {
    await navigator.clipboard.writeText(field.value);
    label.textContent = "Copied";
    announce("Copied");
  } catch {
    // Without a secure origin there is no clipboard: the value is selected for Ctrl C.
    field.select();
    announce("Selected; press Ctrl C to copy");
  }
});
