// Copy buttons, and times in the reader's own zone. Without this script the page works; texts are selected by hand.
"use strict";

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    // Only secure pages may write to the clipboard; the selected text is one key press away.
    getSelection().selectAllChildren(source);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = before; }, 2000);
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.type = "button";
  button.hidden = false;
  button.setAttribute("aria-label", "Copy to the clipboard");
  button.addEventListener("click", () => copy(button));
}

for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  if (!Number.isNaN(at.getTime())) {
    time.textContent = at.toLocaleString(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  }
}
