// The list follows its filters without a reload (htmx). Without this script the form's button does the same.
// htmx keeps the focus; what it replaces comes from the server as a stranger sees it, so this keeps what was
// opened open, and where the server cannot be reached lets the browser say so.
"use strict";

let opened = [];

document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#list details[open]")].map((details) => details.id);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) {
    const details = document.getElementById(id);
    if (details) details.open = true;
  }
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.detail.elt.closest("form").submit());
}
