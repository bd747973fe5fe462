// Asks the API what the form says, with the key above.  The key stays in this page: it is kept nowhere.
"use strict";

function target(form) {
  let path = form.dataset.path;
  const query = new URLSearchParams();
  for (const input of form.querySelectorAll("input[data-in]")) {
    if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(input.value));
    else if (input.dataset.in === "query" && input.value) query.set(input.name, input.value);
  }
  const asked = query.toString();
  return "/api/v1" + path + (asked ? "?" + asked : "");
}

function headers(form) {
  const found = {};
  const key = document.getElementById("key").value.trim();
  if (key) found.authorization = "Bearer " + key;
  if (form.elements.body) found["content-type"] = "application/json";
  for (const input of form.querySelectorAll("input[data-in=header]")) if (input.value) found[input.name] = input.value;
  return found;
}

async function told(response, shown) {
  shown.textContent = `${response.status} ${response.statusText}\n`;
  for (const [name, value] of response.headers) if (!/^(content-security|cross-origin|x-|referrer|permissions)/.test(name)) shown.textContent += `${name}: ${value}\n`;
  shown.textContent += "\n";
  if ((response.headers.get("content-type") || "").includes("json")) {
    shown.textContent += JSON.stringify(await response.json(), null, 2);
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    shown.textContent += value;
  }
}

for (const form of document.querySelectorAll("form.try")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = form.querySelector("pre.answer");
    shown.hidden = false;
    shown.textContent = "…";
    const asked = { method: form.dataset.method, headers: headers(form) };
    if (form.elements.body) asked.body = form.elements.body.value;
    try {
      await told(await fetch(target(form), asked), shown);
    } catch (error) {
      shown.textContent = String(error);
    }
  });
}
