"use strict";
// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Counts follow what happens; the list stays as it is until somebody asks for it, so that nothing jumps under a hand.
const menu = document.querySelector("[data-refresh]");
if (menu) {
  let first = "";
  const refresh = async () => {
    if (document.hidden) return;
    let answer;
    try {
      answer = await fetch(menu.dataset.refresh, { redirect: "error" });
    } catch {
      return; // the network is away, or the session over: the next press says so
    }
    if (!answer.ok) return;
    const told = await answer.text();
    for (const line of told.trim().split("\n")) {
      const [name, number] = line.split(" ");
      document.querySelectorAll(`[data-count="${name}"]`).forEach((place) => { place.textContent = number; });
    }
    const fresh = document.querySelector(".fresh");
    if (fresh && first && told !== first) fresh.hidden = false;
    first = first || told;
  };
  refresh();
  setInterval(refresh, 15000);
  document.addEventListener("visibilitychange", refresh);
}
