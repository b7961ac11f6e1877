// Comforts only: everything works without this file.
"use strict";
(() => {
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  document.body.append(status);

  for (const button of document.querySelectorAll("button.show")) {
    const input = document.getElementById(button.getAttribute("aria-controls"));
    const set = (shown) => {
      input.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-label", shown ? button.dataset.hideLabel : button.dataset.showLabel);
      status.textContent = shown ? button.dataset.shown : button.dataset.hidden;
    };
    button.hidden = false;
    button.addEventListener("click", () => set(input.type === "password"));
    input.form.addEventListener("submit", () => { input.type = "password"; });
    const caps = document.querySelector(`.caps[data-for="${input.id}"]`);
    input.addEventListener("keyup", (event) => {
      if (event.getModifierState) caps.hidden = !event.getModifierState("CapsLock");
    });
  }

  const rules = document.querySelectorAll("[data-pattern]");
  const target = document.getElementById("new_password");
  if (rules.length && target) {
    const check = () => {
      for (const rule of rules) {
        const met = new RegExp(rule.dataset.pattern, "u").test(target.value);
        rule.classList.toggle("met", met);
        rule.querySelector(".state").textContent = met ? rule.dataset.met : rule.dataset.unmet;
      }
    };
    target.addEventListener("input", check);
    check();
  }

  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
  // Back shows the page from memory: let its form be sent again
  addEventListener("pageshow", () => { for (const form of document.forms) delete form.dataset.sent; });
})();
