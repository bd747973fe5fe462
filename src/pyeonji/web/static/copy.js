// Copies what stands in a field at a press.  Without a script the field can be selected.
"use strict";
(() => {
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    const said = document.getElementById(`${button.dataset.copy}-said`);
    if (!field || !said) continue;
    button.hidden = false;
    field.addEventListener("focus", () => field.select());
    button.addEventListener("click", async () => {
      field.select();
      try {
        if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
        else document.execCommand("copy"); // a page in clear text has no clipboard
      } catch {
        if (!document.execCommand("copy")) return; // it stays selected: Ctrl+C
      }
      said.textContent = said.dataset.done;
    });
  }
})();
