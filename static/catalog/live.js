// The list follows its filters without a reload (htmx). Without this script the form's button does the same.
// What htmx puts in comes from the server as a stranger sees it: so this keeps open what was opened, keeps the
// focus and what was changed where they were, and where the server gives no answer lets the browser send the
// form as ever.
"use strict";

let opened = [];
let focused = "";
let changed = "";
let place = 0; // of what was changed, from the top of the screen

document.addEventListener("htmx:beforeSwap", (event) => {
  opened = [...document.querySelectorAll("#list details[open]")].map((details) => details.id);
  focused = document.activeElement.id;
  // Not every browser gives a ticked box the focus.
  changed = focused || event.detail.requestConfig.triggeringEvent?.target.id;
  place = topOf(changed);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  if (document.getElementById(changed)) putBack();
});

// The list may have become so short that the page ends too early to scroll that far: then it ends later.
function putBack() {
  const main = document.getElementById("main");
  main.style.minHeight = "";
  scrollBy({ top: topOf(changed) - place, behavior: "instant" });
  const lacking = topOf(changed) - place;
  if (lacking <= 0) return;
  main.style.minHeight = `${main.offsetHeight + lacking}px`;
  scrollBy({ top: lacking, behavior: "instant" });
}

function topOf(id) {
  return document.getElementById(id)?.getBoundingClientRect().top;
}

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.detail.elt.closest("form").submit());
}
