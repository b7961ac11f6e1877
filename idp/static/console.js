// Comforts of the console only: everything works without this file.
"use strict";
(() => {
  // a file goes into the text box beside it, and is sent as text like everything else
  for (const chooser of document.querySelectorAll("input[type=file][data-into]")) {
    const box = document.getElementById(chooser.dataset.into);
    chooser.parentElement.hidden = false;
    chooser.addEventListener("change", async () => {
      const [file] = chooser.files;
      if (file && file.size <= 65536) box.value = await file.text();
    });
  }

  // what fits into one SMS: UTF-16 units, each line end counted as two
  for (const box of document.querySelectorAll("textarea[data-counter]")) {
    const shown = document.getElementById(box.dataset.counter);
    const count = () => {
      const units = box.value.replace(/\r\n|\r|\n/g, "\r\n").length;
      shown.textContent = shown.dataset.words.replace("{n}", units).replace("{most}", box.dataset.most);
      shown.classList.toggle("bad", units > Number(box.dataset.most));
    };
    box.addEventListener("input", count);
  }
})();
