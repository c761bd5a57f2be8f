"use strict";
// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return; // a script did what the button is for, and nothing is sent
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (!("download" in form.dataset)) form.dataset.sent = "1"; // after a file the page is still there
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Counts follow what happens; the list stays as it is until somebody asks for it, so that nothing jumps under a hand.
const menu = document.querySelector("[data-refresh]");
if (menu) {
  const here = menu.querySelector("[aria-current]"); // on a phone the menu is wider than the screen
  if (here) menu.scrollLeft = Math.max(0, here.offsetLeft + here.offsetWidth + 48 - menu.offsetLeft - menu.clientWidth);
  let first = "", asked = 0;
  const title = document.title;
  const refresh = async () => {
    if (document.hidden && Date.now() - asked < 60000) return; // for the number on the tab, which is seen from elsewhere
    asked = Date.now();
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
      document.querySelectorAll(`[data-count="${name}"]`).forEach((place) => {
        place.textContent = number;
        if (place.classList.contains("count")) place.classList.toggle("none", number === "0");
      });
      if (name === "all") document.title = number === "0" ? title : `(${number}) ${title}`;
    }
    const fresh = document.querySelector(".fresh > span");
    if (fresh && first && told !== first) fresh.classList.remove("unseen"); // its place was kept
    first = first || told;
  };
  refresh();
  setInterval(refresh, 15000);
  document.addEventListener("visibilitychange", refresh);
}

// Whoever has the same case open is named, so that two people don't work past each other.
const place = document.querySelector("[data-here]");
if (place) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.here, { redirect: "error" });
      if (!answer.ok) return;
      const names = await answer.text();
      place.querySelector("span").textContent = names;
      place.hidden = !names;
    } catch {
      // the next time
    }
  };
  look();
  setInterval(look, 15000);
}
