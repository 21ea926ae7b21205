// What the gaps are worth as they stand on the page, saved or not: asked of the server after a short rest.
import { csrfToken } from "../http.js";
import { partsOf } from "./model.js";

const REST = 250;
// As many as the server previews at once; the others follow as soon as they are saved.
const MOST = 2000;

export class Preview {
  answer = null;
  waiting = false;
  #timer = 0;
  #stop = null;

  constructor({ url, model, onAnswer }) {
    Object.assign(this, { url, model, onAnswer });
  }

  ask() {
    this.waiting = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fetch(), REST);
  }

  async #fetch() {
    this.#stop?.abort();
    this.#stop = new AbortController();
    const cells = [...this.model.pending].slice(0, MOST).map(([key, fields]) => {
      const { segment, line } = partsOf(key);
      const values = Object.fromEntries(["potential", "probability", "position", "growth_type_override", "csfs"].filter((name) => name in fields).map((name) => [name, fields[name]]));
      if (values.potential !== undefined && values.potential !== null) values.potential = values.potential.toFixed(4);
      return { segment, product_line: line, ...values };
    });
    try {
      const response = await fetch(this.url, { method: "POST", credentials: "same-origin", signal: this.#stop.signal, headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": csrfToken() }, body: JSON.stringify({ cells }) });
      if (!response.ok) return;
      this.answer = await response.json();
      this.waiting = false;
      this.onAnswer();
    } catch {
      // Aborted by a newer question, or no connection: the last answer stays.
    }
  }
}
