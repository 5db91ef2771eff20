// Suggests what to look for while one types in the search box, and bodies where one is asked for: the combobox with
// a list of the ARIA Authoring Practices. What is typed stays as it is until a suggestion is chosen. Without this
// script the box is a plain one.

const WAIT_MS = 150;
let waiting = 0;
let asked = new AbortController();
let suggestions = []; // those listed

const isBox = (node) => node.matches?.("[data-suggestions]");
const listOf = (box) => box.parentNode.querySelector(".suggest__list");
const boxOf = (node) => node.closest(".suggest").querySelector("[data-suggestions]");
const chosenIn = (list) => list.querySelector("[aria-selected=true]");

// ARIA lets a text field be a combobox, and not a search field.
function enhance() {
  for (const box of document.querySelectorAll("[data-suggestions]:not([role])")) {
    const id = `${box.id}-suggestions`;
    box.after(
      make({ id, role: "listbox", class: "suggest__list", "aria-label": "候補", hidden: "" }),
      make({ class: "visually-hidden", "aria-live": "polite" }),
    );
    set(box, { type: "text", autocomplete: "off", role: "combobox" });
    set(box, { "aria-autocomplete": "list", "aria-controls": id, "aria-expanded": "false" });
  }
}

enhance();

// While Japanese is composed, the keys and the space below are the input method's.
const listeners = {
  input: (box, event) => event.isComposing || askSoon(box),
  compositionstart: shut,
  compositionend: askSoon,
  keydown: (box, event) => event.isComposing || event.keyCode === 229 || press(box, event),
  focusout: shut,
};
for (const [name, listener] of Object.entries(listeners)) {
  document.addEventListener(name, (event) => isBox(event.target) && listener(event.target, event));
}

// What is pressed in a list leaves the focus in its box; on some phones a press elsewhere does, too.
document.addEventListener("mousedown", (event) => event.target.closest(".suggest__list") && event.preventDefault());
document.addEventListener("pointerdown", ({ target }) => {
  const box = document.activeElement;
  if (isBox(box) && !box.parentNode.contains(target)) shut(box);
});
document.addEventListener("click", (event) => {
  const option = event.target.closest(".suggest__option");
  if (option) choose(boxOf(option), option);
});

function askSoon(box) {
  stop();
  select(box, null);
  waiting = setTimeout(ask, WAIT_MS, box);
}

function stop() {
  clearTimeout(waiting);
  asked.abort();
}

async function ask(box) {
  stop();
  const q = box.value.trim();
  if (!q) return shut(box);
  asked = new AbortController();
  const { signal } = asked;
  const address = new URL(box.dataset.suggestions, location);
  address.searchParams.set("q", q);
  const answer = await fetch(address, { signal }).then((found) => found.ok && found.json()).catch(() => null);
  if (!signal.aborted && document.activeElement === box) show(box, (answer || {}).suggestions ?? []);
}

function show(box, found) {
  suggestions = found;
  const list = listOf(box);
  list.replaceChildren(...found.map((one, at) => optionOf(one, `${list.id}-${at}`)));
  toggle(box, found.length > 0);
}

function optionOf({ kind, label, count }, id) {
  const option = make({ id, role: "option", class: "suggest__option", "aria-selected": "false" });
  const about = count === null ? kind : `${kind}・${count.toLocaleString()}件`; // of very many cases not counted
  option.append(make({}, label), " ", make({ class: "suggest__about" }, about));
  return option;
}

function shut(box) {
  stop();
  toggle(box, false);
}

function toggle(box, isOpen) {
  const list = listOf(box);
  if (!list) return;
  list.hidden = !isOpen;
  list.nextSibling.textContent = isOpen ? `候補が${suggestions.length}件あります。上下の矢印キーで選べます。` : "";
  box.setAttribute("aria-expanded", isOpen);
  select(box, null);
}

function select(box, option) {
  chosenIn(listOf(box))?.setAttribute("aria-selected", "false");
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) box.setAttribute("aria-activedescendant", option.id);
  else box.removeAttribute("aria-activedescendant");
}

function press(box, event) {
  const list = listOf(box);
  const chosen = chosenIn(list);
  switch (event.key) {
    case "ArrowDown":
    case "ArrowUp":
      if (list.hidden) ask(box).then(() => list.hidden || move(box, list, null, event));
      else move(box, list, chosen, event);
      break;
    case "Enter":
      if (!chosen) return shut(box);
      choose(box, chosen);
      break;
    case "Escape":
      if (list.hidden) return stop();
      shut(box);
      break;
    case "ArrowLeft":
    case "ArrowRight":
    case "Home":
    case "End":
      return select(box, null); // the caret moves
    default:
      return;
  }
  event.preventDefault();
}

// Round and round; with Alt, up closes and down does nothing more.
function move(box, list, chosen, { key, altKey }) {
  const isDown = key === "ArrowDown";
  if (altKey) return isDown || shut(box);
  const next = isDown ? chosen?.nextSibling : chosen?.previousSibling;
  select(box, next ?? (isDown ? list.firstChild : list.lastChild));
}

// A name is searched for; of a facet its box is ticked where the form has it, or its own list is opened.
function choose(box, option) {
  const { parameter, value, url } = suggestions[[...option.parentNode.children].indexOf(option)];
  const tick = box.form.querySelector(`[type=checkbox][name="${parameter}"][value="${CSS.escape(value)}"]:enabled`);
  shut(box);
  if (parameter !== "q" && !tick) return location.assign(withWhatGoesAlong(url));
  box.value = tick ? "" : value;
  if (tick) tick.checked = true;
  tick?.dispatchEvent(new Event("change", { bubbles: true }));
  box.form.requestSubmit();
}

// The cases picked for a comparison and the view go along.
function withWhatGoesAlong(url) {
  const address = new URL(url, location.href);
  const here = new URLSearchParams(location.search);
  for (const name of ["compare", "view"]) {
    for (const value of here.getAll(name)) address.searchParams.append(name, value);
  }
  return address;
}

function make(attributes, text = "") {
  const node = set(document.createElement("span"), attributes);
  node.textContent = text;
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
