"use strict";
// Beside the form stands what would come of it, as it is typed; providers are looked up while their name is. Without this, a button does both.
const form = document.getElementById("compose");
const later = (act, pause) => {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(act, pause); };
};

const ground = form.elements.ground;
const permitted = () => {
  const { power = "", measures = "" } = ground.selectedOptions?.[0]?.dataset ?? {};
  const isReminder = form.elements.kind.value === "reminder";
  for (const group of form.querySelectorAll(".measures")) {
    group.hidden = isReminder || !power || group.dataset.power !== power;
    group.disabled = group.hidden;
    for (const one of group.querySelectorAll(".measure")) {
      const box = one.querySelector("[name=measure]");
      one.hidden = Boolean(measures) && !measures.split(" ").includes(box.value);
      box.disabled = one.hidden;
    }
  }
};

const sketch = document.getElementById("sketch");
const away = document.getElementById("away");
// New words in the place of the old ones; what was unfolded stays so, and what was scrolled to stays in sight.
const show = (words) => {
  const panel = sketch.closest(".sticky");
  const open = new Map([...sketch.querySelectorAll("details")].map((one) => [one.querySelector("summary").textContent, one.open]));
  const top = panel.scrollTop;
  sketch.innerHTML = words;
  for (const one of sketch.querySelectorAll("details")) one.open = open.get(one.querySelector("summary").textContent) ?? one.open;
  panel.scrollTop = top;
  for (const place of form.querySelectorAll("[data-beside]")) {
    const wrong = sketch.querySelectorAll(`[data-field="${place.dataset.beside}"][data-wrong]`);
    place.textContent = [...wrong].map((one) => one.textContent).join("\n");
  }
};

let asked = 0;
const look = async () => {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("do", "look");
  const mine = ++asked;
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Part": "side" }, redirect: "error" });
    const words = await answer.text();
    if (mine !== asked) return;
    away.hidden = answer.ok;
    if (answer.ok) show(words);
  } catch {
    away.hidden = false; // what is typed stays, and the next letter asks again
  }
};

const found = document.getElementById("found");
const seek = async () => {
  const words = form.elements.words.value.trim();
  try {
    const answer = await fetch(`${form.dataset.seek}?words=${encodeURIComponent(words)}`, { redirect: "error" });
    away.hidden = answer.ok;
    if (answer.ok && words === form.elements.words.value.trim()) found.innerHTML = await answer.text();
  } catch {
    away.hidden = false;
  }
};

// Who was chosen stays chosen while one looks for others, and is named.
const choose = (radio) => {
  const chosen = document.getElementById("chosen");
  chosen.textContent = radio.dataset.chosen;
  chosen.hidden = false;
  document.getElementById("kept-subject").value = radio.value;
};

const lookSoon = later(look, 500);
const seekSoon = later(seek, 250);
form.addEventListener("input", (event) => {
  if (event.target.name === "words") {
    seekSoon();
    return;
  }
  if (event.target.name === "subject") choose(event.target);
  permitted();
  lookSoon();
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.value !== "look") return;
  event.preventDefault();
  if (event.submitter.id === "seek" || document.activeElement === form.elements.words) {
    seek();
    return;
  }
  look();
  if (event.submitter.tabIndex >= 0) document.getElementById("preview").scrollIntoView({ block: "nearest" });
});
window.addEventListener("pageshow", permitted); // a browser that comes back fills the form in by itself
permitted();
