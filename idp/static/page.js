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

  // passkeys (WebAuthn Level 3): nothing of them is seen where the browser has none
  const passkey = document.querySelector("button.passkey");
  if (passkey && window.PublicKeyCredential && navigator.credentials) {
    const decoded = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    const encoded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
    const { form, dataset: { options, action, known } } = passkey;
    const publicKey = JSON.parse(options);
    const makes = Boolean(publicKey.user);
    publicKey.challenge = decoded(publicKey.challenge);
    if (makes) publicKey.user.id = decoded(publicKey.user.id);
    for (const one of [...(publicKey.allowCredentials || []), ...(publicKey.excludeCredentials || [])]) one.id = decoded(one.id);

    let asking;
    const ask = async (how) => {
      if (asking) asking.abort();
      asking = new AbortController();
      const wish = { publicKey, signal: asking.signal, ...how };
      const found = await (makes ? navigator.credentials.create(wish) : navigator.credentials.get(wish));
      const response = found.response.getTransports ? { transports: found.response.getTransports() } : {};
      for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
        if (found.response[name]) response[name] = encoded(found.response[name]);
      }
      form.elements.credential.value = JSON.stringify({ id: found.id, rawId: encoded(found.rawId), type: found.type, response });
      form.action = action;
      form.submit();
    };

    for (const one of document.querySelectorAll(".unable")) one.hidden = true;
    passkey.hidden = false;
    const stopped = document.querySelector(".stopped");
    passkey.addEventListener("click", () => {
      stopped.hidden = true;
      ask({}).catch((error) => {
        stopped.textContent = known && error.name === "InvalidStateError" ? known : stopped.dataset.words;
        stopped.hidden = false;
        status.textContent = stopped.textContent;
      });
    });

    const name = document.getElementById("identifier");
    const can = (what) => (PublicKeyCredential[what] ? PublicKeyCredential[what]().catch(() => false) : Promise.resolve(false));
    if (name) {
      can("isConditionalMediationAvailable").then((yes) => {
        if (!yes) return;
        name.autocomplete = "username webauthn";
        ask({ mediation: "conditional" }).catch(() => {}); // the member typed a password instead, or pressed the button
      });
      can("isUserVerifyingPlatformAuthenticatorAvailable").then((yes) => { form.elements.passkeys.value = yes ? "yes" : ""; });
    }
  }

  // what may be tried now is shown when its time comes, also on a page that is not asked for again
  for (const ladder of document.querySelectorAll("details.ladder")) {
    const rungs = [...ladder.querySelectorAll("li")];
    const reach = (rung) => {
      for (const one of rungs) {
        one.toggleAttribute("aria-current", false);
        one.querySelector(".tag").hidden = one !== rung;
      }
      rung.setAttribute("aria-current", "step");
      ladder.open = true;
      status.textContent = bare(ladder.querySelector("summary"));
    };
    for (const rung of rungs) if (+rung.dataset.wait) setTimeout(reach, rung.dataset.wait * 1000, rung);
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
