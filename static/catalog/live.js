// The list follows its filters without a reload (htmx). Without this script the form's button does the same.
// What htmx puts in comes from the server as a stranger sees it: so this keeps open what was opened, keeps the
// focus where it was, and where the server gives no answer lets the browser send the form as ever.
"use strict";

let opened = [];
let focused = "";

document.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#list details[open]")].map((details) => details.id);
  focused = document.activeElement.id;
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
});

for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => event.detail.elt.closest("form").submit());
}
