// What if: sliders of an account's lifetime value. Each move is computed by the server (POST, nothing is stored)
// after a short rest; the figure, its change and the yearly table follow, and are spoken once.
import { money, number, percent } from "./format.js";
import { csrfToken, problemOf } from "./http.js";

const REST = 220;

function written(input, currency) {
  const value = Number(input.value);
  if (input.dataset.kind === "money") return money(value, currency);
  if (input.dataset.kind === "years") return `${number(value)}\u00a0${value === 1 ? "year" : "years"}`;
  return percent(value / 100, { decimals: Number.isInteger(value) ? 0 : 1 });
}

function start(form) {
  const { currency, timing, cost, stored } = form.dataset;
  const years = document.getElementById("clv-years");
  const status = form.querySelector("#what-if-status");
  const value = form.querySelector("#what-if-value");
  const change = form.querySelector("#what-if-change");
  const reset = form.querySelector("[type=reset]");
  const forever = form.elements.forever;
  const sliders = [...form.querySelectorAll("input[type=range]")];
  const before = years.innerHTML;
  const storedText = value.textContent;
  const words = new Map(sliders.map((input) => [input, form.querySelector(`#${input.id}-out`).textContent]));
  let timer = 0;
  let stop = null;

  function outputs() {
    for (const input of sliders) {
      const endless = input.name === "horizon_years" && forever.checked;
      input.disabled = endless;
      const text = endless ? "for ever" : written(input, currency);
      form.querySelector(`#${input.id}-out`).textContent = text;
      input.setAttribute("aria-valuetext", text);
    }
  }

  function body() {
    const share = (name) => Number((Number(form.elements[name].value) / 100).toFixed(6));
    return {
      annual_margin: Number(form.elements.annual_margin.value).toFixed(4),
      retention: share("retention"),
      discount_rate: share("discount_rate"),
      growth: share("growth"),
      horizon_years: forever.checked ? null : Number(form.elements.horizon_years.value),
      acquisition_cost: cost,
      timing,
    };
  }

  function show(answer) {
    value.textContent = money(answer.clv, currency);
    const difference = stored ? Number(answer.clv) - Number(stored) : null;
    change.textContent = difference === null ? "" : `${money(difference, currency, { signed: true })} on what is stored`;
    years.replaceChildren(
      ...answer.yearly.map((row) => {
        const line = document.createElement("tr");
        const head = document.createElement("th");
        head.scope = "row";
        head.textContent = row.year;
        line.append(head);
        for (const text of [number(row.margin), percent(row.retained, { decimals: 0 }), number(row.present_value)]) {
          const cell = document.createElement("td");
          cell.textContent = text;
          line.append(cell);
        }
        return line;
      }),
    );
    status.textContent = `What if: ${value.textContent}${change.textContent ? `, ${change.textContent}` : ""}. Nothing is stored.`;
    form.classList.remove("is-refused");
  }

  async function ask() {
    stop?.abort();
    stop = new AbortController();
    try {
      const response = await fetch(form.action, {
        method: "POST",
        credentials: "same-origin",
        signal: stop.signal,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
        body: JSON.stringify(body()),
      });
      if (!response.ok) throw problemOf(response.status, await response.text());
      show(await response.json());
    } catch (error) {
      if (error.name === "AbortError") return;
      form.classList.add("is-refused");
      value.textContent = "not known";
      change.textContent = error.message;
      status.textContent = error.message;
    }
  }

  function moved() {
    outputs();
    reset.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(ask, REST);
  }

  form.addEventListener("input", moved);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  form.addEventListener("reset", () => {
    stop?.abort();
    clearTimeout(timer);
    // The browser puts the values back after this event.
    setTimeout(() => {
      outputs();
      for (const [input, text] of words) form.querySelector(`#${input.id}-out`).textContent = text;
      years.innerHTML = before;
      value.textContent = storedText;
      change.textContent = "as stored";
      status.textContent = "Back to the stored inputs.";
      form.classList.remove("is-refused");
      reset.hidden = true;
      sliders[0].focus();
    });
  });
  for (const input of sliders) input.setAttribute("aria-valuetext", words.get(input));
}

const form = document.getElementById("what-if");
if (form) start(form);
