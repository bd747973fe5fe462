// Says how far the slider of the lab's clock would push it.  Without a script it can be sent all the same.
"use strict";
(() => {
  const slider = document.getElementById("slide");
  const said = document.getElementById("slid");
  if (!slider || !said) return;
  const places = [...document.querySelectorAll("#slides option")];
  const say = () => {
    const { label, dataset } = places[slider.valueAsNumber];
    said.textContent = `${label} → ${dataset.then}`;
    slider.setAttribute("aria-valuetext", label);
  };
  slider.addEventListener("input", say);
  say();
})();
