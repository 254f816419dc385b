// The sign-in form.

const form = document.getElementById("sign-in");
const problem = document.getElementById("problem");

async function signIn(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  problem.textContent = "";
  try {
    const body = JSON.stringify(Object.fromEntries(new FormData(form)));
    const headers = { "Content-Type": "application/json" };
    const response = await fetch("/api/v1/session", { method: "POST", credentials: "same-origin", headers, body });
    if (response.ok) return location.reload();
    problem.textContent = sentence(response.status, await response.json().catch(() => ({})));
  } catch {
    problem.textContent = form.dataset.offline;
  }
  button.disabled = false;
  form.elements.password.select();
  return undefined;
}

const sentence = (status, body) =>
  ({ 401: form.dataset.wrong, 422: form.dataset.wrong, 429: form.dataset.slow })[status] ?? body.detail ?? form.dataset.offline;

form.addEventListener("submit", signIn);
