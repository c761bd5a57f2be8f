"use strict";
// Beside the form stands what would come of it, as it is typed; providers are looked up while their name is. Without this, a button does both.
const form = document.getElementById("compose");
const later = (act, pause) => {
  let timer;
  return () => { clearTimeout(timer); timer = setTimeout(act, pause); };
};

const ground = form.elements.ground;
const permitted = () => {
  const power = ground.selectedOptions[0]?.dataset.power ?? "";
  const isReminder = form.elements.kind.value === "reminder";
  for (const group of form.querySelectorAll(".measures")) {
    group.hidden = isReminder || !power || group.dataset.power !== power;
    group.disabled = group.hidden;
  }
};

let asked = 0;
const look = async () => {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("do", "look");
  const mine = ++asked;
  try {
    const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Part": "side" }, redirect: "error" });
    if (answer.ok && mine === asked) document.getElementById("sketch").innerHTML = await answer.text();
  } catch {
    // the network is away: what is typed stays, and the next letter asks again
  }
};

const found = document.getElementById("found");
const seek = async () => {
  const words = form.elements.words.value.trim();
  try {
    const answer = await fetch(`${form.dataset.seek}?words=${encodeURIComponent(words)}`, { redirect: "error" });
    if (answer.ok && words === form.elements.words.value.trim()) found.innerHTML = await answer.text();
  } catch {
    // as above
  }
};

const lookSoon = later(look, 500);
const seekSoon = later(seek, 250);
form.addEventListener("input", (event) => {
  if (event.target.name === "words") {
    seekSoon();
    return;
  }
  if (event.target.name === "subject") document.getElementById("kept-subject")?.remove();
  permitted();
  lookSoon();
});
form.elements.words.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    event.preventDefault();
    seek();
  }
});
permitted();
