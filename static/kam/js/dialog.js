// Dialogs are native <dialog>: focus is kept inside, Escape closes, focus goes back. Opened by data-dialog-open="#id".

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog-open]");
  if (opener) {
    document.querySelector(opener.dataset.dialogOpen)?.showModal();
    event.preventDefault();
    return;
  }
  if (event.target.closest?.("[data-dialog-close]")) event.target.closest("dialog")?.close();
  // A click on the backdrop arrives at the dialog itself.
  if (event.target instanceof HTMLDialogElement) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) event.target.close();
  }
});

// Asks before an act; resolves to true or false. The button carries the verb of the act.
export function ask(question, verb = "Yes") {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog) return Promise.resolve(confirm(question));
  dialog.querySelector("#confirm-title").textContent = question;
  const yes = dialog.querySelector("[data-confirm-yes]");
  yes.textContent = verb;
  return new Promise((resolve) => {
    let answer = false;
    yes.onclick = () => {
      answer = true;
      dialog.close();
    };
    dialog.addEventListener("close", () => resolve(answer), { once: true });
    dialog.showModal();
  });
}
