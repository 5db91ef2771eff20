// The list follows its filters without a reload, and cases picked go along wherever the list leads.
// Without this script the buttons of the forms do the same. The forms stay as the reader has them, whenever an answer
// comes: from an answer are taken the parts with `data-live`, and the numbers of cases beside the choices. Where the
// server gives no answer, the browser loads the page as ever.

const WAIT_MS = 150;
const SLOW_MS = 300;
const PRESS_MS = 500;
const OF_THE_QUERY = "link[rel=canonical], link[rel=alternate], meta[property='og:url']";
const STORED_PICKS = "picks";

const form = document.getElementById("filter-form");
const panel = document.getElementById("filters");
const results = document.getElementById("results");
const tray = document.getElementById("picks");
const sign = document.getElementById("busy");
const announced = document.getElementById("status");
const note = document.getElementById("picked-note");
const narrow = matchMedia("(max-width: 59.99rem)");
const mostPicks = Number(note.dataset.most);
const compare = document.getElementById("compare");

let waiting = 0; // for further changes
let slow = 0; // until the sign is shown
let asking = new AbortController();
let shown = withoutFragment(location.href); // the address of what the page shows
let answered = conditions(); // the conditions of the form that they are for
let isLeaving = false;
let changed = form; // the field changed last: not every browser gives a ticked box the focus
const touched = new Set(); // fields changed since the answer being waited for was asked for
let picks = new Map(); // slugs of the cases picked, with their titles

// Asking

form.addEventListener("input", (event) => touched.add(event.target));
form.addEventListener("change", (event) => {
  changed = event.target;
  countChosen();
  clearTimeout(waiting);
  waiting = setTimeout(ask, WAIT_MS);
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!narrow.matches || conditions() !== answered || asking.isUnderWay) await ask();
  if (narrow.matches) closePanel();
});

function addressAsked() {
  const query = conditions();
  return withPicks(form.action + (query && `?${query}`));
}

function conditions() {
  const given = [...new FormData(form)].filter(([name, value]) => value && name !== "compare");
  return new URLSearchParams(given).toString();
}

// `isReturn`: the address is one that the reader has gone back or forward to, so the fields follow the answer.
async function ask(address = addressAsked(), isReturn = false) {
  clearTimeout(waiting);
  asking.abort();
  const own = (asking = new AbortController());
  const asked = conditions();
  own.isUnderWay = true;
  touched.clear();
  setBusy(true);
  try {
    const answer = await fetch(address, { signal: own.signal });
    if (!answer.ok && answer.status !== 400) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    await Promise.all([styled(page), released()]);
    if (own.signal.aborted) return;
    const found = withPicks(answer.url); // those picked since then, too
    if (!isReturn && found !== shown) history.pushState(null, "", found);
    shown = withoutFragment(location.href);
    setBusy(false);
    show(page, isReturn);
    answered = isReturn ? conditions() : asked;
  } catch (error) {
    if (own.signal.aborted || isLeaving) return;
    if (isReturn) location.reload();
    else location.assign(addressAsked());
  } finally {
    own.isUnderWay = false;
  }
}

function setBusy(isBusy) {
  results.setAttribute("aria-busy", isBusy);
  if (!isBusy) {
    clearTimeout(slow);
    slow = 0;
    sign.hidden = true;
  } else if (!slow) {
    slow = setTimeout(() => {
      sign.hidden = false;
      announced.textContent = sign.textContent;
    }, SLOW_MS);
  }
}

addEventListener("pagehide", () => (isLeaving = true));
addEventListener("pageshow", (event) => {
  isLeaving = false;
  if (!event.persisted) return;
  setBusy(false);
  recallPicks();
  if (conditions() !== answered) ask();
});
addEventListener("popstate", () => {
  if (withoutFragment(location.href) === shown) return;
  history.replaceState(null, "", withPicks(location.href));
  ask(location.href, true);
});

function withoutFragment(address) {
  return address.split("#")[0];
}

// What is pressed must not be taken away before it is let go; a press upon a scroll bar is never told to end.
let isPressed = false;
addEventListener("pointerdown", () => (isPressed = true), true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => (isPressed = false), true);

async function released() {
  const limit = Date.now() + PRESS_MS;
  while (isPressed && Date.now() < limit) await new Promise((done) => setTimeout(done, 20));
}

// Showing

// A picture may need a style sheet that the page has not had so far.
function styled(page) {
  const sheets = [...page.head.querySelectorAll("link[rel=stylesheet]")];
  const missing = sheets.filter((sheet) => !document.head.querySelector(`[href="${sheet.getAttribute("href")}"]`));
  return Promise.all(missing.map((sheet) => new Promise((done) => {
    sheet.onload = sheet.onerror = done;
    document.head.append(sheet);
  })));
}

function show(page, isReturn) {
  const focused = document.activeElement;
  const at = form.contains(focused) ? focused : changed;
  const place = topOf(at);
  const opened = [...results.querySelectorAll("details[open]")].map((details) => details.id);
  document.title = page.title;
  for (const old of document.head.querySelectorAll(OF_THE_QUERY)) old.remove();
  document.head.append(...page.head.querySelectorAll(OF_THE_QUERY));
  for (const part of document.querySelectorAll("[data-live]")) {
    part.replaceChildren(...page.getElementById(part.id).childNodes);
  }
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  for (const field of form.querySelectorAll("[name]:is([id], [type=checkbox])")) {
    const other = counterpart(page, field);
    if (isReturn && !touched.has(field)) {
      field.checked = other.checked;
      field.value = other.value;
    }
    followAnswer(field, other);
  }
  countChosen();
  writePicks();
  giveFocusBack(focused);
  keepInSight(at, place);
}

function counterpart(page, field) {
  return field.id ? page.getElementById(field.id) : page.querySelector(`#filter-form [name="${field.name}"][value="${field.value}"]`);
}

// A field that the reader is at, or has just ticked, is never closed.
function followAnswer(field, other) {
  field.disabled = other.disabled && !field.checked && field !== document.activeElement;
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (other.hasAttribute(name)) field.setAttribute(name, other.getAttribute(name));
    else field.removeAttribute(name);
  }
  const [label, otherLabel] = [field, other].map((one) => one.closest(".checkbox"));
  if (!label) return;
  label.classList.toggle("checkbox--dead", field.disabled);
  const [count, otherCount] = [label, otherLabel].map((one) => one.querySelector(".checkbox__count"));
  count.replaceChildren(...otherCount.childNodes);
}

function countChosen() {
  for (const facet of form.querySelectorAll(".facet")) {
    const fields = [...facet.querySelectorAll("input")];
    const number = fields.filter((field) => (field.type === "checkbox" ? field.checked : field.value)).length;
    facet.querySelector(".facet__chosen").textContent = number ? `${number}件選択` : "";
  }
}

function giveFocusBack(focused) {
  if (focused.isConnected) return;
  const same = [...results.querySelectorAll(focused.tagName)].find((one) => isLike(one, focused));
  (same ?? results).focus({ preventScroll: true });
}

function isLike(one, other) {
  return other.id ? one.id === other.id : one.getAttribute("href") === other.getAttribute("href");
}

// What the reader is at stays where it is on the screen. Where the new list ends before the place scrolled to, the
// reader is led to its beginning.
function keepInSight(field, place) {
  const list = document.getElementById("list");
  const last = results.lastElementChild ?? results;
  if (list.getBoundingClientRect().top < 0 && last.getBoundingClientRect().bottom < innerHeight) {
    list.scrollIntoView({ behavior: "instant" });
  }
  const column = narrow.matches ? document.documentElement : panel.closest(".with-side__side");
  (isOverPage() ? panel : column).scrollTop += topOf(field) - place;
}

function topOf(element) {
  return element.getBoundingClientRect().top;
}

// On a narrow screen the filters lie over the page if the reader opens them; a link into them opens them in their place.

if (!panel.open) panel.classList.remove("filters--over");
panel.querySelector("summary").addEventListener("click", () => {
  panel.classList.toggle("filters--over", !panel.open);
});

function isOverPage() {
  return panel.open && getComputedStyle(panel).position === "fixed";
}

panel.addEventListener("toggle", () => panel.open || panel.classList.remove("filters--over"));

function closePanel() {
  panel.open = false;
  document.getElementById("head").scrollIntoView({ behavior: "instant" });
  (document.querySelector(".errors") ?? results).focus({ preventScroll: true });
}

panel.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || !isOverPage()) return;
  if (event.target.getAttribute("aria-expanded") === "true") return; // it closes the suggestions
  panel.open = false;
  panel.querySelector("summary").focus();
});

// Picking

results.addEventListener("change", (event) => {
  const box = event.target;
  if (box.name !== "compare") return;
  const title = box.closest(".card, .case-row").querySelector(".card__title").textContent.trim();
  if (box.checked && picks.size >= mostPicks) {
    box.checked = false;
    tell(`選べるのは${mostPicks}件までです。`);
    return;
  }
  if (box.checked) picks.set(box.value, title);
  else picks.delete(box.value);
  changePicks(`「${title}」を${box.checked ? "選択に加えました" : "選択から外しました"}。`);
});

tray.addEventListener("click", (event) => {
  const chip = event.target.closest("#picked a");
  if (!chip || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { slug } = chip.closest("li").dataset;
  const title = picks.get(slug);
  picks.delete(slug);
  changePicks(`「${title}」を選択から外しました。`);
  const next = tray.querySelector("#picked a") ?? results;
  next.focus({ preventScroll: true });
});

function changePicks(text) {
  const isUpToDate = withoutFragment(location.href) === shown;
  history.replaceState(history.state, "", withPicks(location.href));
  if (isUpToDate) shown = withoutFragment(location.href);
  writePicks();
  storePicks();
  tell("");
  announced.textContent = `${text}${picks.size}件を選択中です。`;
}

function tell(text) {
  note.textContent = text;
  announced.textContent = text;
}

function withPicks(address, slugs = picks.keys()) {
  const url = new URL(address);
  url.searchParams.delete("compare");
  for (const slug of slugs) url.searchParams.append("compare", slug);
  return url.href;
}

// Into the boxes, the forms, the links to lists, and the tray.
function writePicks() {
  for (const box of results.querySelectorAll("[name=compare]")) box.checked = picks.has(box.value);
  for (const place of document.querySelectorAll("[data-picks]")) {
    place.replaceChildren(...[...picks.keys()].map((slug) => hiddenField(slug, place.dataset.picks)));
  }
  for (const link of document.querySelectorAll('a[href]:not([href^="#"])')) {
    const address = new URL(link.getAttribute("href"), location.href);
    if (address.href.split("?")[0] === form.action) link.setAttribute("href", withPicks(address));
  }
  document.getElementById("picked").replaceChildren(...[...picks].map(pickedCase));
  document.getElementById("picked-number").textContent = `${picks.size}件を選択中`;
  compare.disabled = picks.size > compare.dataset.most;
  tray.classList.toggle("tray--empty", !picks.size);
}

function hiddenField(slug, formId) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "compare", value: slug });
  if (formId) field.setAttribute("form", formId);
  return field;
}

function pickedCase([slug, title]) {
  const item = document.getElementById("pick").content.firstElementChild.cloneNode(true);
  item.dataset.slug = slug;
  item.querySelector(".tray__title").textContent = title;
  item.querySelector("a").href = withPicks(location.href, [...picks.keys()].filter((one) => one !== slug));
  return item;
}

// A page that the browser comes back to has the address it was left with: the picks made since are those of the tab.
function storePicks() {
  try {
    sessionStorage.setItem(STORED_PICKS, JSON.stringify([...picks]));
  } catch {} // where the reader allows no storage, the address alone has them
}

function recallPicks() {
  try {
    picks = new Map(JSON.parse(sessionStorage.getItem(STORED_PICKS)) ?? picks);
  } catch {}
  history.replaceState(history.state, "", withPicks(location.href));
  shown = withoutFragment(location.href);
  writePicks();
}

for (const item of tray.querySelectorAll("li")) {
  picks.set(item.dataset.slug, item.querySelector(".tray__title").textContent);
}
if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") recallPicks();
else storePicks();
writePicks();
