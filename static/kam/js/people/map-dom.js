// Elements of the map, and the icons that the page carries once in <template id="pm-symbols">.
import { h } from "../open-space/dom.js";

export { h };

export function icon(name, label = "") {
  const found = document.getElementById("pm-symbols")?.content.querySelector(`[data-symbol="${name}"]`)?.firstElementChild.cloneNode(true);
  if (!found) return document.createTextNode("");
  if (!label) return found;
  found.removeAttribute("aria-hidden");
  found.setAttribute("role", "img");
  found.setAttribute("aria-label", label);
  return found;
}

export const $ = (id) => document.getElementById(id);
