// Explained figures: [data-explain] opens a popover beside itself, filled from its href or from the <template>
// that follows it. Escape, a click elsewhere or scrolling it away closes it; focus goes back to the figure.
import { getFragment } from "./http.js";

let open = null;

function place() {
  if (!open) return;
  const anchor = open.trigger.getClientRects()[0] ?? open.trigger.getBoundingClientRect();
  const box = open.node.getBoundingClientRect();
  const room = innerHeight - anchor.bottom;
  const above = room < box.height + 16 && anchor.top > box.height + 16;
  const left = Math.min(Math.max(12, anchor.left - 12), Math.max(12, document.documentElement.clientWidth - box.width - 12));
  open.node.style.left = `${left + scrollX}px`;
  open.node.style.top = `${(above ? anchor.top - box.height - 8 : anchor.bottom + 8) + scrollY}px`;
}

export function closePopover(refocus = true) {
  if (!open) return;
  const { node, trigger, stop } = open;
  open = null;
  stop.abort();
  trigger.setAttribute("aria-expanded", "false");
  const hadFocus = node.contains(document.activeElement) || document.activeElement === document.body;
  node.remove();
  if (refocus && hadFocus && trigger.isConnected) trigger.focus();
}

async function show(trigger) {
  closePopover(false);
  const template = document.getElementById("popover-template");
  const node = template.content.firstElementChild.cloneNode(true);
  const body = node.querySelector(".k-popover-body");
  node.setAttribute("aria-label", `${trigger.textContent.trim().replace(/\s+/g, " ").replace(/, explain$/, "")}`);
  node.querySelector(".k-popover-close").addEventListener("click", () => closePopover());
  // Inside an open dialog the rest of the page is inert: the popover must live in it.
  (trigger.closest("dialog[open]") ?? document.body).append(node);
  const stop = new AbortController();
  open = { node, trigger, stop };
  trigger.setAttribute("aria-expanded", "true");
  const inline = trigger.nextElementSibling;
  if (trigger.hasAttribute("href")) {
    body.textContent = "One moment";
    place();
    node.focus({ preventScroll: true });
    try {
      body.innerHTML = await getFragment(trigger.href, stop.signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      body.textContent = `The explanation could not be loaded. ${error.message}`;
    }
    if (open?.node !== node) return;
    window.htmx?.process(body);
  } else if (inline instanceof HTMLTemplateElement) {
    body.replaceChildren(inline.content.cloneNode(true));
  }
  place();
  node.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const trigger = event.target.closest?.("[data-explain]");
  if (trigger) {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    if (open?.trigger === trigger) closePopover();
    else show(trigger);
  } else if (open && !open.node.contains(event.target)) {
    closePopover(false);
  }
});
document.addEventListener("keydown", (event) => {
  if (!open) return;
  if (event.key === "Escape") {
    event.preventDefault();
    closePopover();
  } else if (event.key === "Tab" && open.node.contains(document.activeElement)) {
    const stops = [...open.node.querySelectorAll("a[href], button, input, select, textarea, summary")].filter((item) => item.offsetParent);
    const last = stops[event.shiftKey ? 0 : stops.length - 1];
    // Leaving the popover goes on from the figure, not from the end of the page.
    if (document.activeElement === last || document.activeElement === open.node && event.shiftKey) {
      if (event.shiftKey) event.preventDefault();
      closePopover();
    }
  }
});
addEventListener("resize", place);
// What is swapped in elsewhere may move the figure; what replaces the figure takes its explanation away.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (open && detail.target?.contains(open.trigger)) closePopover(false);
});
document.addEventListener("htmx:afterSettle", place);
