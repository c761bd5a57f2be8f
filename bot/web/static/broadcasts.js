"use strict";
// The phone follows what is typed: asked of the server, which is the one that knows how long is too long.
const form = document.querySelector("[data-preview]");
if (form) {
  const place = document.getElementById("preview");
  let waiting = 0;
  let asked = 0;
  const typed = () => {
    const sent = new FormData(form);
    const file = sent.get("list_file");
    if (file instanceof File && file.size > 200000) {
      sent.delete("list_file"); // not with every letter
      sent.set("file_left_out", "1");
    }
    return sent;
  };
  const look = async () => {
    const mine = ++asked;
    let answer;
    try {
      answer = await fetch(form.dataset.preview, { method: "POST", body: typed(), redirect: "error" });
    } catch {
      return; // the network is away: 刷新预览 says so
    }
    if (answer.ok && mine === asked) place.innerHTML = await answer.text();
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, 400);
  });
}

// Progress moves by itself until there is nothing more to come; then the page is read anew, with what can be done now.
const live = document.querySelector(".live");
if (live) {
  const place = () => live.querySelector("#progress");
  let state = place().dataset.state;
  const refresh = async () => {
    const every = Number(place().dataset.live);
    if (!every) return;
    if (!document.hidden) {
      try {
        const answer = await fetch(live.dataset.from, { redirect: "error" });
        if (answer.ok) live.innerHTML = await answer.text();
      } catch {
        // tried again below
      }
    }
    const now = place().dataset.state;
    const typing = document.activeElement instanceof HTMLTextAreaElement;
    if (now !== state && !typing) {
      state = now;
      location.reload();
      return;
    }
    setTimeout(refresh, every * 1000);
  };
  setTimeout(refresh, 1000);
}
