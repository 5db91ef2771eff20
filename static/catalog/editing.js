// While the form of a case is open: keeps the session alive and what is typed, and sends nothing that would be lost.
"use strict";

const SAVE_MS = 15_000;
const ALIVE_MS = 5 * 60_000;
const watch = document.getElementById("autosave");
const form = watch.closest("form");
let changed = false; // since the form was opened
let unkept = false; // since it was kept last
let leaving = false;
let asking = false; // whether the session lives, before the form is sent
let keeping = Promise.resolve(); // what is on its way to be kept

form.addEventListener("input", noteChange);
form.addEventListener("change", noteChange);
// Of the fields that complete what is typed only jQuery's own events tell.
window.django?.jQuery(form).on("change", noteChange);
window.django?.jQuery(document).on("formset:removed", noteChange);
document.addEventListener("formset:removed", noteChange);

function noteChange() {
  changed = unkept = true;
}

window.addEventListener("beforeunload", (event) => {
  if (changed && !leaving) event.preventDefault();
});
document.addEventListener("visibilitychange", () => document.hidden && startKeeping());
setInterval(startKeeping, SAVE_MS);
setInterval(() => ask(), ALIVE_MS);

// Whoever is no longer logged in is led to the login, to which this script does not follow.
async function ask(data) {
  const answer = await fetch(watch.dataset.url, { method: data ? "POST" : "GET", body: data, redirect: "manual" }).catch(() => null);
  if (!answer?.ok) return answer;
  const { token } = await answer.json();
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = token;
  return answer;
}

function isExpired(answer) {
  return answer?.type === "opaqueredirect" || answer?.status === 403;
}

function token() {
  return form.elements.csrfmiddlewaretoken.value;
}

function startKeeping() {
  if (unkept && !leaving && !asking) keeping = keep();
}

async function keep() {
  unkept = false;
  const typed = new URLSearchParams(new FormData(form));
  typed.delete("csrfmiddlewaretoken");
  const answer = await ask(new URLSearchParams({ csrfmiddlewaretoken: token(), page: watch.dataset.page, data: typed }));
  if (answer?.ok) {
    tell("kept");
  } else {
    unkept = true;
    tell(answer?.status === 400 || answer?.status === 413 ? "refused" : isExpired(answer) ? "expired" : "away");
  }
}

// Asks first, since what is sent after the session has ended is lost with the page.
form.addEventListener("submit", async (event) => {
  if (leaving) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  await keeping; // or it would be kept once more after it is saved
  const answer = await ask();
  asking = false;
  if (!answer?.ok) return tell(isExpired(answer) ? "expired" : "away", true);
  leaving = true;
  form.requestSubmit(event.submitter);
});
// By "back" the browser may show the page as it was left.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) leaving = false;
});

function tell(what, aloud) {
  for (const message of watch.querySelectorAll("[data-told]")) message.hidden = message.dataset.told !== what;
  if (aloud) watch.scrollIntoView({ block: "center" });
}

for (const button of watch.querySelectorAll("[data-drop]")) {
  button.addEventListener("click", async () => {
    const page = button.dataset.page ?? watch.dataset.page;
    await ask(new URLSearchParams({ csrfmiddlewaretoken: token(), page, data: "" }));
    button.closest("[data-offer]").remove();
  });
}

// Text of a PDF has a line end where its page had one: where such text is pasted, joining them is offered.
const ENDS = /[。．.！!？?：:；;）)」』】]\s*$/;
const BEGINS = /^\s*(?:[・●○■□◆◇※*–—-]|[①-⑳]|[(（]?[0-9０-９]+[)）.．])/;
const LISTS = "#id_points, #id_references"; // in which a line is an item

function joined(text) {
  const lines = text.split(/\r?\n/);
  return lines.reduce((whole, line, at) => {
    const before = lines[at - 1];
    const isBreak = !before.trim() || !line.trim() || ENDS.test(before) || BEGINS.test(line);
    if (isBreak) return `${whole}\n${line}`;
    const isLatin = /[A-Za-z0-9,]\s*$/.test(before) && /^\s*[A-Za-z0-9]/.test(line);
    return whole.trimEnd() + (isLatin ? " " : "") + line.trimStart();
  });
}

form.addEventListener("paste", (event) => {
  const field = event.target;
  const pasted = event.clipboardData?.getData("text/plain").replaceAll("\r\n", "\n") ?? "";
  if (!field.matches?.("textarea") || field.matches(LISTS) || joined(pasted) === pasted) return;
  const from = field.selectionStart;
  // Once the browser has put the text there.
  setTimeout(() => field.value.startsWith(pasted, from) && offerJoining(field, from, pasted));
});

function offerJoining(field, from, pasted) {
  field.parentElement.querySelector("[data-joins]")?.remove();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset.joins = "";
  button.textContent = watch.dataset.join;
  let [there, instead] = [pasted, joined(pasted)];
  button.addEventListener("click", () => {
    if (!field.value.startsWith(there, from)) return button.remove(); // the text has been changed since
    field.setRangeText(instead, from, from + there.length, "end");
    [there, instead] = [instead, there];
    button.textContent = there === pasted ? watch.dataset.join : watch.dataset.undo;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  field.after(button);
}
