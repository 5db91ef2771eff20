// Copies a text for the buttons with `data-copy`: that of the field with this id, or else the address of the page.
// Prints the page for the buttons with `data-print`, and the text of a field as the reader has changed it. Puts a case
// into a dossier beside those picked. Without this script the text is marked and copied as any other, and printed as it
// came; a case goes into a dossier alone. Buttons are shown once it listens, so that none is pressed in vain.

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  const isCopied = field ? await copied(field) : await addressCopied();
  const status = document.getElementById("copied");
  status.textContent = "";
  if (isCopied) status.textContent = "写しました。メールや文書に貼り付けてください。";
  else if (field) status.textContent = "文を選びました。Ctrl+C（Macでは⌘+C）で写してください。";
  else status.textContent = "写せませんでした。ブラウザーのアドレス欄から写してください。";
});

document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
});

document.documentElement.classList.add("listening");

for (const printed of document.querySelectorAll("[data-prints]")) {
  const field = document.getElementById(printed.dataset.prints);
  addEventListener("beforeprint", () => (printed.textContent = field.value));
}

// A case goes into a dossier with those picked in lists of this tab (live.js), which come before it.
addEventListener("pageshow", () => {
  for (const link of document.querySelectorAll("[data-with-picks]")) {
    const address = new URL(link.href);
    const own = address.searchParams.getAll("case").at(-1);
    address.searchParams.delete("case");
    for (const slug of [...slugsPicked().filter((one) => one !== own), own]) address.searchParams.append("case", slug);
    link.href = address.href;
  }
});

function slugsPicked() {
  try {
    return (JSON.parse(sessionStorage.getItem("picks")) ?? []).map(([slug]) => slug);
  } catch {
    return []; // where the reader allows no storage
  }
}

async function addressCopied() {
  const field = document.createElement("textarea");
  const address = new URL(document.querySelector("link[rel=canonical]").href);
  const view = new URLSearchParams(location.search).get("view"); // which no canonical address has
  if (view) address.searchParams.set("view", view);
  field.value = address.href;
  document.body.append(field);
  const isCopied = await copied(field);
  field.remove();
  return isCopied;
}

// Where a page does not come by HTTPS, browsers have no clipboard: then what is marked is copied the old way.
async function copied(field) {
  if (field.select) field.select();
  else getSelection().selectAllChildren(field);
  try {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
