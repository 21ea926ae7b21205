// Says a change in the status region, and shows passing notices.

export function announce(text) {
  const region = document.getElementById("announcer");
  if (!region) return;
  // The same words twice would not be read again without a change in between.
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 60);
}

export function toast(title, text = "", meaning = "cut") {
  const host = document.getElementById("toasts");
  const template = document.getElementById("toast-template");
  if (!host || !template) return;
  const node = template.content.firstElementChild.cloneNode(true);
  node.classList.replace("k-notice-cut", `k-notice-${meaning}`);
  for (const icon of node.querySelectorAll("[data-toast-icon]")) icon.hidden = icon.dataset.toastIcon !== meaning;
  node.querySelector(".k-notice-title").textContent = title;
  node.querySelector(".k-notice-text").textContent = text;
  node.querySelector("[data-toast-close]").addEventListener("click", () => node.remove());
  host.append(node);
  while (host.children.length > 3) host.firstElementChild.remove();
  // An error stays until it is read; good news goes by itself.
  if (meaning !== "cut") setTimeout(() => node.remove(), 6000);
}
