// How far the worker is with a version; when it has ended, the page is asked for again.
const panel = document.querySelector("[data-fitting]");
const bar = panel.querySelector("progress");
const number = panel.querySelector("[data-progress]");

async function look() {
  try {
    const answer = await fetch(panel.dataset.fitting, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.state !== "fitting") {
      location.replace(location.pathname);
      return;
    }
    bar.value = told.progress;
    number.textContent = told.progress;
  } catch {
    // away for a moment: the next look finds it
  }
}

setInterval(look, 1500);
