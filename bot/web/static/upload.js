/* Uploads of the form of a filing, in blocks that go on where the connection broke.

   <div data-bring data-begin data-blocks data-list data-clause data-token data-block data-most data-say-…> holds an input of files and a
   list .coming; before it stands the list .files, which is fetched anew when a file is there. What an upload needs to go on after the
   page was closed is kept in localStorage under the file's name, size and date, for a day; the file itself is chosen again. */
"use strict";

(() => {
  const DAY_MS = 24 * 3600 * 1000;
  const PAUSES_MS = [1000, 2000, 5000, 10000, 20000];
  const queue = [];
  let isGoing = false;

  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const percent = (part, whole) => `${Math.floor((100 * part) / Math.max(1, whole))}%`;
  const mib = (bytes) => (bytes >= 1048576 ? `${(bytes / 1048576).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`);

  function element(name, words, className) {
    const made = document.createElement(name);
    if (words) made.textContent = words;
    if (className) made.className = className;
    return made;
  }

  class Refused extends Error {}

  class Upload {
    constructor(place, file) {
      this.place = place;
      this.file = file;
      this.say = place.dataset;
      this.received = 0;
      this.isPaused = false;
      this.isDropped = false;
      this.key = `upload:${this.say.begin}:${this.say.clause}:${file.name}:${file.size}:${file.lastModified}`;
      this.row = element("li");
      this.name = element("bdi", file.name);
      this.bar = document.createElement("progress");
      this.bar.max = file.size;
      this.bar.setAttribute("aria-label", file.name);
      this.words = element("span", this.say.sayWaiting, "small");
      this.pause = element("button", this.say.sayPause, "remove");
      this.drop = element("button", this.say.sayDrop, "remove");
      this.pause.type = this.drop.type = "button";
      this.pause.addEventListener("click", () => this.toggle());
      this.drop.addEventListener("click", () => this.abandon());
      const about = element("div");
      about.append(this.name, " ", this.words, this.bar);
      this.row.append(about, this.pause, this.drop);
      place.querySelector(".coming").append(this.row);
    }

    toggle() {
      this.isPaused = !this.isPaused;
      this.pause.textContent = this.isPaused ? this.say.sayResume : this.say.sayPause;
      this.words.textContent = this.isPaused ? this.say.sayPaused : this.say.sayWaiting;
      if (!this.isPaused) {
        queue.push(this);
        go();
      } else if (this.sending) {
        this.sending.abort();
      }
    }

    abandon() {
      this.isDropped = true;
      localStorage.removeItem(this.key);
      if (this.sending) this.sending.abort();
      this.row.remove();
    }

    async ask(address, options = {}) {
      this.sending = new AbortController();
      const answer = await fetch(address, {
        credentials: "same-origin",
        signal: this.sending.signal,
        ...options,
        headers: { "X-Form-Token": this.say.token },
      });
      if (answer.status === 403) throw new Refused(this.say.sayGone);
      const told = await answer.json();
      if (answer.status === 409 && told.received >= 0) return told;
      if (answer.status === 409 || answer.status === 503) throw new Error("again");
      if (!answer.ok) throw new Refused(told.say || this.say.sayFailed);
      return told;
    }

    remembered() {
      try {
        const kept = JSON.parse(localStorage.getItem(this.key));
        return kept && Date.now() - kept.at < DAY_MS ? kept.token : null;
      } catch {
        return null;
      }
    }

    address(what = "") {
      return this.say.blocks.replace("TOKEN", this.token) + what;
    }

    async open() {
      this.token = this.remembered();
      if (this.token) {
        try {
          this.received = (await this.ask(this.address())).received;
          return;
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
        }
      }
      const body = new URLSearchParams({ name: this.file.name, size: this.file.size, clause: this.say.clause });
      const begun = await this.ask(this.say.begin, { method: "POST", body });
      this.token = begun.token;
      this.received = begun.received;
      localStorage.setItem(this.key, JSON.stringify({ token: this.token, at: Date.now() }));
    }

    show(words) {
      this.bar.value = this.received;
      this.words.textContent = words;
    }

    async run() {
      if (this.file.size > Number(this.say.most)) throw new Refused(this.say.sayLarge);
      await this.open();
      const size = Number(this.say.block);
      while (this.received < this.file.size) {
        if (this.isPaused || this.isDropped) return false;
        const block = this.file.slice(this.received, this.received + size);
        const since = performance.now();
        const before = this.received;
        const told = await this.ask(`${this.address()}?offset=${this.received}`, { method: "PUT", body: block });
        this.received = told.received;
        const speed = ((this.received - before) * 1000) / Math.max(1, performance.now() - since);
        this.failures = 0;
        this.show(`${this.say.sayGoing} ${percent(this.received, this.file.size)} · ${mib(speed)}/s`);
      }
      this.show(this.say.sayChecking);
      const kept = await this.ask(this.address("/finish"), { method: "POST" });
      localStorage.removeItem(this.key);
      this.show([this.say.sayDone, ...kept.flags, `sha256 ${kept.sha256}`].join(" · "));
      return true;
    }

    async work() {
      for (this.failures = 0; ; this.failures += 1) {
        try {
          if (await this.run()) await this.done();
          return;
        } catch (error) {
          if (this.isPaused || this.isDropped) return;
          if (error instanceof Refused) {
            this.fail(error.message);
            return;
          }
          this.show(this.say.sayBroken);
          await wait(PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)]);
        }
      }
    }

    async done() {
      const answer = await fetch(this.say.list, { credentials: "same-origin" });
      if (answer.ok) {
        const made = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".files");
        this.place.parentElement.querySelector(".files").replaceWith(made);
        this.row.remove();
      }
    }

    fail(words) {
      localStorage.removeItem(this.key);
      this.row.classList.add("failed");
      this.row.setAttribute("role", "alert");
      this.words.textContent = words;
      this.bar.remove();
      this.pause.remove();
    }
  }

  async function go() {
    if (isGoing) return;
    isGoing = true;
    while (queue.length) {
      const next = queue.shift();
      if (!next.isDropped && !next.isPaused) await next.work();
    }
    isGoing = false;
  }

  for (const place of document.querySelectorAll("[data-bring]")) {
    const input = place.querySelector("input[type=file]");
    if (!input) continue;
    place.querySelector("[data-without-script]").hidden = true;
    place.classList.add("scripted");
    input.addEventListener("change", () => {
      for (const file of input.files) queue.push(new Upload(place, file));
      input.value = "";
      go();
    });
  }
})();
