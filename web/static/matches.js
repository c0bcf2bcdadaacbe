// Shared words of the two quotes, and printing. Every page works without it.
(() => {
  "use strict";

  const partners = (mark) => {
    const pair = mark.closest(".pair");
    const quote = mark.closest("blockquote");
    if (!pair || !quote) return [];
    const said = mark.textContent.trim().toLowerCase();
    return [...pair.querySelectorAll("blockquote")]
      .filter((other) => other !== quote)
      .flatMap((other) => [...other.querySelectorAll("mark")])
      .filter((other) => {
        const text = other.textContent.trim().toLowerCase();
        return said && text && (text.includes(said) || said.includes(text));
      });
  };
  const light = (event, on) => {
    const mark = event.target.closest ? event.target.closest("mark") : null;
    if (!mark) return;
    for (const one of [mark, ...partners(mark)]) one.classList.toggle("twin", on);
  };
  document.addEventListener("mouseover", (event) => light(event, true));
  document.addEventListener("mouseout", (event) => light(event, false));

  // With the keyboard a pair of quotes is one stop, and all its shared words light up.
  const stops = (root) => {
    for (const pair of root.querySelectorAll(".pair:not(.sides)")) {
      if (!pair.querySelector("mark")) continue;
      pair.tabIndex = 0;
      pair.setAttribute("role", "group");
      const quote = pair.querySelector("blockquote");
      if (quote) pair.setAttribute("aria-label", quote.dataset.side);
    }
  };
  stops(document);
  document.addEventListener("htmx:load", (event) => stops(event.target));

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
