// Elements without a template: h("div", {class: "x", onclick: f}, child, …). Text is always text, never HTML.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text);
    else if (name === "dataset") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// A drawing that the page carries once in a <template id="os-symbols">.
export function symbol(name) {
  const found = document.getElementById("os-symbols")?.content.querySelector(`[data-symbol="${name}"]`);
  return found ? found.firstElementChild.cloneNode(true) : document.createTextNode("");
}
