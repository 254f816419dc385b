// The control API: every change goes through `act`, and `follow` tells of what others changed.

export async function get(path) {
  return answered(await fetch(path));
}

export async function act(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answered(await fetch(`/control/${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
}

export async function sendFile(user, place, file, caption) {
  const query = new URLSearchParams({ ...place, name: file.name, caption });
  const headers = { "Content-Type": "application/octet-stream" };
  return answered(await fetch(`/control/users/${user}/files?${query}`, { method: "POST", headers, body: file }));
}

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

// Calls `changed` now and at every change; changes that come while it works are taken together.
export function follow(changed) {
  let working = false;
  let again = false;
  async function run() {
    if (working) { again = true; return; }
    working = true;
    do { again = false; await changed(); } while (again);
    working = false;
  }
  new EventSource("/control/events").onmessage = run;
}
