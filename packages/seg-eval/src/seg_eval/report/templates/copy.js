"use strict";
// Buttons that copy the text of another element.
(() => {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    const source = document.getElementById(button.dataset.copies);
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(source.textContent);
      } catch {
        // Without the right to the clipboard: select the text, and ask the browser in the old way.
        window.getSelection().selectAllChildren(source);
        done = document.execCommand("copy");
      }
      button.textContent = done ? "copied" : "selected: press Ctrl+C";
      window.setTimeout(() => { button.textContent = label; }, 2000);
    });
  }
})();
