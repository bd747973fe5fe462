// Keeps the page of a letter true while something happens.  Without a script the page is asked for again by itself.
"use strict";
(() => {
  const found = document.querySelector("#journey[data-live]");
  const log = document.getElementById("log");
  if (!found || !log) return;
  const POLL_MS = 5000;
  const KEPT = 20; // sentences of the log
  let settled = false;
  let timer = 0;
  const say = (text) => {
    const line = document.createElement("p");
    line.textContent = `${new Date().toLocaleTimeString()}  ${text}`;
    log.append(line);
    while (log.children.length > KEPT) log.firstElementChild.remove();
    log.scrollTop = log.scrollHeight;
  };
  const renew = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("journey");
    if (!fresh) return;
    if ([...found.querySelectorAll("input")].some((one) => one.value !== one.defaultValue)) return; // somebody is typing
    const open = [...found.querySelectorAll("details[open]")].map((one) => one.id);
    const focused = document.activeElement && found.contains(document.activeElement) ? document.activeElement.id : "";
    found.replaceChildren(...fresh.childNodes);
    settled = !fresh.dataset.live;
    for (const id of open) found.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    if (focused) document.getElementById(focused)?.focus();
  };
  const poll = () => {
    if (timer || settled) return;
    timer = setInterval(() => (settled ? clearInterval(timer) : renew().catch(() => {})), POLL_MS);
  };
  if (!window.EventSource) {
    poll();
    return;
  }
  const source = new EventSource(found.dataset.live);
  let failures = 0;
  source.addEventListener("changed", (event) => {
    failures = 0;
    const news = JSON.parse(event.data);
    for (const sentence of news.said) say(sentence);
    if (news.settled) source.close();
    renew().catch(() => {});
  });
  source.addEventListener("error", () => {
    failures += 1;
    if (failures < 3 && source.readyState !== EventSource.CLOSED) return;
    source.close();
    poll(); // something on the way holds streams back
  });
})();
