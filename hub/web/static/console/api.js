// Speaks to the hub. Every change carries a key, so that repeating it after a lost answer does it once.

const BASE = "/api/v1";
const PAUSES = [400, 1200, 3000];

/** What the hub refused, in a sentence for the operator. */
export class Refusal extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? String(status));
    this.status = status;
    this.kind = problem.type ?? "";
  }
}

export const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
};

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  if (response.status === 401 && !location.pathname.endsWith("/signin")) {
    document.dispatchEvent(new CustomEvent("signedout"));
  }
  return new Refusal(body, response.status);
}

async function attempt(path, options) {
  const response = await fetch(BASE + path, { credentials: "same-origin", ...options });
  if (!response.ok) throw await problemOf(response);
  return response.json();
}

/** Whether asking again may help: the network failed or the hub asked for patience. */
const passes = (error) => !(error instanceof Refusal) || error.status === 503 || error.status === 502;

async function persist(path, options) {
  for (const wait of PAUSES) {
    try {
      return await attempt(path, options);
    } catch (error) {
      if (!passes(error)) throw error;
      await pause(wait);
    }
  }
  return attempt(path, options);
}

export const get = (path) => persist(path, {});

function send(method, path, body, key = newKey()) {
  return persist(path, {
    method,
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify(body ?? {}),
  });
}

export const post = (path, body, key) => send("POST", path, body, key);
export const put = (path, body) => send("PUT", path, body);
export const remove = (path) => send("DELETE", path);

/** Sign out; the answer does not matter, the page is left either way. */
export const signOut = () => fetch(`${BASE}/session`, { method: "DELETE", credentials: "same-origin" });

/** Upload a file with progress from 0 to 1. Returns its description, and rejects with a sentence. */
export function upload(conversation, file, onprogress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const name = encodeURIComponent((file.name || "image.png").slice(-200));
    request.open("POST", `${BASE}/conversations/${encodeURIComponent(conversation)}/files?name=${name}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => onprogress(event.loaded / Math.max(1, event.total)));
    request.addEventListener("load", () => {
      if (request.status === 200) resolve(request.response);
      else reject(new Refusal(request.response ?? {}, request.status));
    });
    request.addEventListener("error", () => reject(new TypeError("network")));
    request.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
