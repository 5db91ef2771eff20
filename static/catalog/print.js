// Prints the page, for the buttons that say so.

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
