// Copy buttons, and times in the reader's own zone. Without this script the page works; texts are selected by hand.
"use strict";

// In the page's language, as the page gave them to us.
const words = document.currentScript.dataset;
const language = document.documentElement.lang;
const locale = navigator.languages.find((one) => one.toLowerCase().split("-")[0] === language.split("-")[0]) || language;

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = words.copied;
  } catch {
    // Only secure pages may write to the clipboard; the selected text is one key press away.
    getSelection().selectAllChildren(source);
    button.textContent = words.press;
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.type = "button";
  button.hidden = false;
  button.setAttribute("aria-label", words.label);
  button.addEventListener("click", () => copy(button));
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.textContent = at.toLocaleString(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  }
}
