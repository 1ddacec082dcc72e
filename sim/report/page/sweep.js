// SPDX-License-Identifier: Apache-2.0
// Numbers of a mark on hover and focus. Without scripts its title does.
"use strict";
const tip = document.getElementById("tip");
let shown = () => {};
window.addEventListener("resize", () => { if (!tip.hidden) shown(); });
for (const point of document.querySelectorAll(".point")) {
  const title = point.querySelector("title");
  const text = title.textContent;
  title.remove();
  const show = () => {
    shown = show;
    tip.textContent = text;
    tip.hidden = false;
    const mark = point.querySelector(".reach").getBoundingClientRect();
    const wide = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(mark.left + mark.width / 2 - tip.offsetWidth / 2, wide - tip.offsetWidth - 8));
    const above = mark.top - tip.offsetHeight - 4;
    tip.style.left = left + window.scrollX + "px";
    tip.style.top = (above > 4 ? above : mark.bottom + 4) + window.scrollY + "px";
  };
  const hide = () => { tip.hidden = true; };
  point.addEventListener("mouseenter", show);
  point.addEventListener("mouseleave", hide);
  point.addEventListener("focus", show);
  point.addEventListener("blur", hide);
}
document.addEventListener("keydown", key => { if (key.key === "Escape") tip.hidden = true; });
window.addEventListener("beforeprint", () => document.documentElement.classList.add("printing"));
window.addEventListener("afterprint", () => document.documentElement.classList.remove("printing"));
// #point=7 shows the numbers of a mark at once.
const wish = Number(new URLSearchParams(window.location.hash.slice(1)).get("point"));
if (wish >= 1) document.querySelectorAll(".point")[wish - 1]?.focus();
