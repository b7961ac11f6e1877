// Comforts only: everything works without this file.
"use strict";
(() => {
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  // a text without the readings over its words
  const bare = (element) => [...element.childNodes].map((one) => (one.nodeName === "RUBY" ? one.firstChild : one).textContent).join("");

  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);

  for (const button of document.querySelectorAll("button.show")) {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const words = button.dataset;
    const set = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? words.hide : words.show;
      button.setAttribute("aria-label", shown ? words.hideLabel : words.showLabel);
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      set(input.type === "password");
      status.textContent = input.type === "password" ? words.hidden : words.shown;
    });
    input.form.addEventListener("submit", () => set(false));

    const caps = document.querySelector(`.caps[data-for="${input.id}"]`);
    input.addEventListener("keyup", (event) => {
      if (!event.getModifierState) return; // filled in by the browser, not typed
      const on = event.getModifierState("CapsLock");
      if (on && caps.hidden) status.textContent = bare(caps);
      caps.hidden = !on;
    });
  }

  const list = document.querySelector(".rules");
  const typed = document.getElementById("new_password");
  if (list && typed) {
    const rules = [...list.querySelectorAll("[data-pattern]")].map((line) => {
      const rule = bare(line);
      const state = line.appendChild(document.createElement("span"));
      state.className = "visually-hidden";
      return { line, state, words: rule, pattern: new RegExp(line.dataset.pattern, "u"), other: "alternative" in line.dataset };
    });
    let pause;
    const check = () => {
      for (const rule of rules) {
        rule.met = rule.pattern.test(typed.value);
        rule.line.classList.toggle("met", rule.met);
      }
      // a long password need not keep the other rules, and a short one need not be long
      const long = rules.some((rule) => rule.other && rule.met);
      const missing = rules.filter((rule) => !rule.met && !rule.other && !long);
      for (const rule of rules) {
        rule.state.textContent = rule.met ? ` ${list.dataset.met}` : missing.includes(rule) ? ` ${list.dataset.unmet}` : "";
      }
      clearTimeout(pause);
      pause = setTimeout(() => { // once the typing rests, so that not every letter is announced
        const open = missing.map((rule) => rule.words).join(", ");
        status.textContent = !typed.value ? "" : open ? `${open}: ${list.dataset.unmet}` : list.dataset.met;
      }, 1000);
    };
    list.classList.add("live");
    typed.addEventListener("input", check);
    check();
  }

  for (const button of document.querySelectorAll("button.print")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }

  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
      setTimeout(() => delete form.dataset.sent, 5000); // should the answer never come
    });
  }
  // Back shows the page from memory: let its form be sent again
  addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });
})();
