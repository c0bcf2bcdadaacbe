// Small helps. Every page works without them.
(() => {
  "use strict";

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  // Errors come as fragments with their own place (HX-Retarget).
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status >= 400 && event.detail.xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // What keeps itself up to date says when it cannot.
  const offline = document.getElementById("offline");
  document.addEventListener("htmx:sendError", () => { offline.hidden = false; });
  document.addEventListener("htmx:afterOnLoad", () => { offline.hidden = true; });

  // What had the focus may be gone after a swap: then its place takes it, so that the next key goes on from there.
  let left = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    left = event.detail.target.contains(document.activeElement) ? event.detail.target.id : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const place = left && document.getElementById(left);
    left = null;
    if (!place || document.activeElement !== document.body) return;
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
  });

  // A form is sent once, and says that it works.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    // A second click of a double click sends it again before the answer is there.
    if (form.method === "post" && !event.defaultPrevented) {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      // A draft that overtakes its form on the way would be offered as the next one.
      if (form.classList.contains("htmx-request")) {
        event.preventDefault();
        const again = () => window.setTimeout(() => form.requestSubmit(event.submitter));
        form.addEventListener("htmx:afterRequest", again, { once: true });
        return;
      }
      form.dataset.sent = "1";
      // What downloads a file, and what got no answer, can be sent once more.
      window.setTimeout(() => delete form.dataset.sent, 3000);
    }
    if (!form.dataset.busy) return;
    const button = form.querySelector("button[type=submit]");
    window.setTimeout(() => {
      button.disabled = true;
      button.textContent = form.dataset.busy;
    });
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.dataset.sent) event.preventDefault();
  });
  // The answer to a form takes the address of the form's page, so that the back button and loading
  // it again ask for that page instead of sending the form a second time.
  const answer = document.documentElement.dataset.answer;
  if (answer !== undefined) window.history.replaceState(null, "", answer + window.location.search);

  // The back button shows the page as it was left: its buttons have to work again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  // Matches: show those from a probability up, without asking the server again.
  const level = document.querySelector("[data-level]");
  const results = document.querySelector("[data-results]");
  if (level && results) {
    const cards = [...results.querySelectorAll("[data-percent]")];
    const proposed = results.querySelector("[data-proposed]");
    const below = results.querySelector("[data-below]");
    const none = results.querySelector("[data-no-match]");
    const count = document.querySelector("[data-count]");
    const first = new Map(cards.map((card) => [card, card.parentElement]));
    level.addEventListener("change", () => {
      let shown = 0;
      let near = 0;
      for (const card of cards) {
        const up = level.value === "" ? first.get(card) === proposed : Number(card.dataset.percent) >= Number(level.value);
        const place = up || !below ? proposed : below;
        // Moved in their order, so that each place stays sorted.
        place.append(card);
        card.classList.toggle("not-proposed", !up);
        if (up) shown += 1;
        else near += 1;
        card.hidden = !up && (!below || near > Number(below.dataset.nearest));
      }
      none.hidden = shown > 0;
      const text = shown === 0 ? count.dataset.none : shown === 1 ? count.dataset.one : count.dataset.many;
      count.textContent = text.replace("#", String(shown));
    });
  }

  // A file may be dropped on the box.
  for (const place of document.querySelectorAll("[data-drop]")) {
    const input = place.querySelector("input[type=file]");
    const chosen = place.querySelector("[data-chosen]");
    const none = chosen.textContent;
    const text = place.querySelector("textarea");
    input.addEventListener("change", () => {
      chosen.textContent = input.files.length ? input.files[0].name : none;
    });
    // What is typed afterwards is what is meant.
    text.addEventListener("input", () => {
      input.value = "";
      chosen.textContent = none;
    });
    const over = (event, on) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      place.classList.toggle("over", on);
    };
    place.addEventListener("dragover", (event) => over(event, true));
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      over(event, false);
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change"));
    });
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    const source = button.parentElement.querySelector("[data-copy-from]");
    button.addEventListener("click", () => {
      source.select();
      navigator.clipboard.writeText(source.value);
    });
  }

  // On a narrow screen the bar begins where the present section is, and says where it goes on.
  const bar = document.querySelector(".sections");
  if (bar) {
    const current = bar.querySelector("[aria-current]");
    if (current) {
      const gap = (bar.clientWidth - current.offsetWidth) / 2;
      bar.scrollLeft += current.getBoundingClientRect().left - bar.getBoundingClientRect().left - gap;
    }
    const say = () => {
      bar.classList.toggle("before", bar.scrollLeft > 2);
      bar.classList.toggle("beyond", bar.scrollLeft + bar.clientWidth < bar.scrollWidth - 2);
    };
    bar.addEventListener("scroll", say, { passive: true });
    new ResizeObserver(say).observe(bar);
  }

  // What is wider than its place slides: it says so, and the keyboard reaches it.
  const slide = (place) => {
    const over = place.scrollWidth > place.clientWidth + 1;
    if (over === place.classList.contains("slides")) return;
    place.classList.toggle("slides", over);
    const marks = { tabindex: "0", role: "group", "aria-label": document.body.dataset.slide };
    for (const [name, value] of Object.entries(marks)) {
      if (over) place.setAttribute(name, value);
      else place.removeAttribute(name);
    }
  };
  const widths = new ResizeObserver((seen) => seen.forEach((one) => slide(one.target)));
  const watch = (root) => root.querySelectorAll(".scroll").forEach((place) => widths.observe(place));
  watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.target));

  // An open menu closes when something else is looked at.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  });
})();
