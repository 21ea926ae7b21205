// Requests of our own scripts: same origin, with the CSRF token, errors as problem details (RFC 9457).

export class HttpProblem extends Error {
  constructor(title, detail, status) {
    super(detail || title);
    this.title = title;
    this.detail = detail;
    this.status = status;
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

// What went wrong, in words, from an answer's status and body.
export function problemOf(status, body) {
  let title = { 0: "The server cannot be reached", 403: "You may not do this", 404: "This is not there any more", 412: "Somebody else saved first", 413: "The file is too large", 429: "Too many requests, wait a moment" }[status] ?? "That did not work";
  let detail = status === 0 ? "Check the connection and try again. Nothing was changed." : "";
  try {
    const problem = JSON.parse(body);
    if (problem.title) title = problem.title;
    if (typeof problem.detail === "string") detail = problem.detail;
  } catch {
    // Not problem details; the words above hold.
  }
  return new HttpProblem(title, detail, status);
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw problemOf(0, "");
  }
  if (!response.ok) throw problemOf(response.status, await response.text());
  return response;
}

export async function getJson(url, signal) {
  return (await request(url, { signal, headers: { Accept: "application/json" } })).json();
}

// A fragment of HTML, as htmx would ask for it.
export async function getFragment(url, signal) {
  return (await request(url, { signal, headers: { "HX-Request": "true", Accept: "text/html" } })).text();
}
