// The chat page of the stand-in: shows what the stream of changes brings, and posts what the person does.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const page = document.body.dataset;
const phone = $(".phone"), dock = $(".dock"), compose = $("#compose"), text = $("textarea", compose);
const NEAR_END_PX = 120;
let active = page.active;
let busy = new Set();
let busyTimer = 0;

const log = (userid) => $$(".log").find((one) => one.dataset.log === userid);
const person = (userid) => $$(".person").find((one) => one.dataset.user === userid);

async function post(path, body) {
  const isForm = body instanceof FormData;
  try {
    const answer = await fetch(`/sandbox/api/${path}`, {
      method: "POST",
      headers: isForm ? {} : { "Content-Type": "application/json" },
      body: isForm ? body : JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) toast(told.error || "没有成功");
    return told;
  } catch {
    toast("沙箱没有回应，它还在运行吗？");
    return null;
  }
}

let toastTimer = 0;
function toast(words) {
  const box = $("#toast");
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 3200);
}

// what comes in

function scrollToEnd(pane) { pane.scrollTop = pane.scrollHeight; }

function show(item) {
  const pane = log(item.userid);
  if (!pane) return;
  const atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END_PX;
  const made = document.createElement("template");
  made.innerHTML = item.html.trim();
  const fresh = made.content.firstElementChild;
  const old = document.getElementById(fresh.id);
  if (old) {
    const focusKey = old.contains(document.activeElement) ? document.activeElement.dataset.press : undefined;
    old.replaceWith(fresh);
    if (focusKey !== undefined) $$("[data-press]", fresh).find((one) => one.dataset.press === focusKey)?.focus();
  } else {
    $("ol", pane).append(fresh);
    if (item.userid !== active && item.side !== "me") markUnread(item.userid, true);
  }
  for (const image of $$("img", fresh)) image.addEventListener("load", () => { if (atEnd) scrollToEnd(pane); }, { once: true });
  if (atEnd || (item.side === "me" && !old)) scrollToEnd(pane);
}

function markUnread(userid, unread) {
  const button = person(userid);
  if (button) $(".dot", button).hidden = !unread;
  $(".bar .dot").hidden = !$$(".person .dot").some((dot) => !dot.hidden);
}

function showBusy() {
  clearTimeout(busyTimer);
  const set = (on) => { $("#typing").hidden = !on; $("#me-now").hidden = on; };
  // an answer within a third of a second needs no sign: it would only flicker
  if (busy.has(active)) busyTimer = setTimeout(() => set(true), 300); else set(false);
}

function showMenu(html) {
  const nav = $("#menu");
  if (nav.dataset.html === html) return;
  const had = nav.childElementCount > 0;
  nav.dataset.html = html;
  nav.innerHTML = html;
  const has = nav.childElementCount > 0;
  $("#toggle").hidden = !has;
  if (!has) dock.dataset.mode = "keyboard";
  else if (!had && !text.value) dock.dataset.mode = "menu";
}

const stream = new EventSource(`/sandbox/stream?rev=${page.rev}`);
stream.onmessage = (event) => {
  const change = JSON.parse(event.data);
  if (change.epoch !== page.epoch) { location.reload(); return; }
  busy = new Set(change.busy);
  change.items.forEach(show);
  showMenu(change.menu);
  showBusy();
  refreshWire();
};

// who one is

function become(userid, { isFirst = false } = {}) {
  active = userid;
  document.cookie = `sandbox_user=${encodeURIComponent(userid)}; path=/connect; SameSite=Lax`;
  for (const pane of $$(".log")) pane.hidden = pane.dataset.log !== userid;
  for (const button of $$(".person")) button.toggleAttribute("aria-current", false);
  const button = person(userid);
  button.setAttribute("aria-current", "true");
  const provider = button.closest("ul").previousElementSibling.textContent;
  $("#me-now").textContent = `${$("b", button).textContent} · ${provider}`;
  markUnread(userid, false);
  scrollToEnd(log(userid));
  showBusy();
  if (!isFirst) history.replaceState(null, "", `?user=${encodeURIComponent(userid)}`);
  post("say", { userid, event: "enter_agent", wait: false });
}

for (const button of $$(".person")) button.addEventListener("click", () => { become(button.dataset.user); closeDrawer($("#people")); });

// what one writes

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 132)}px`;
  const has = text.value.trim() !== "";
  $(".send").hidden = !has;
  $("#plus").hidden = has;
}

text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); compose.requestSubmit(); }
});
compose.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) return;
  text.value = "";
  grow();
  post("say", { userid: active, text: words, wait: false });
});

$("#toggle").addEventListener("click", () => {
  const toKeyboard = dock.dataset.mode === "menu";
  dock.dataset.mode = toKeyboard ? "keyboard" : "menu";
  closePopups();
  if (toKeyboard) text.focus();
});

$("#plus").addEventListener("click", () => {
  const tools = $("#tools");
  tools.hidden = !tools.hidden;
  $("#plus").setAttribute("aria-expanded", String(!tools.hidden));
});

$("#picture").addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (file) {
    const form = new FormData();
    form.append("userid", active);
    form.append("wait", "false");
    form.append("file", file);
    await post("image", form);
  }
  event.target.value = "";
});

for (const button of $$("[data-send]")) {
  button.addEventListener("click", () => post("say", { userid: active, msgtype: button.dataset.send, wait: false }));
}

// menu, cards, retries

function closePopups(except) {
  for (const button of $$("[data-sub]")) {
    if (button === except) continue;
    button.setAttribute("aria-expanded", "false");
    button.nextElementSibling.hidden = true;
  }
  for (const menu of $$(".action-menu[open]")) if (!except || !menu.contains(except)) menu.open = false;
}

function chosen(form) {
  const selected = {};
  for (const input of $$("input:checked, select", form)) (selected[input.name] ||= []).push(input.value);
  return selected;
}

document.addEventListener("click", async (event) => {
  const sub = event.target.closest("[data-sub]");
  closePopups(sub || event.target.closest(".action-menu"));
  if (sub) {
    const isOpen = sub.getAttribute("aria-expanded") === "true";
    sub.setAttribute("aria-expanded", String(!isOpen));
    sub.nextElementSibling.hidden = isOpen;
    return;
  }
  const entry = event.target.closest("[data-event]");
  if (entry) {
    const { event: name, key } = entry.dataset;
    if (name === "view") window.open(key, "_blank", "noopener");
    await post("say", { userid: active, event: name, event_key: key, wait: false });
    return;
  }
  const press = event.target.closest("[data-press]");
  if (press) {
    const form = press.closest("form");
    const isMenu = "fromMenu" in press.dataset;
    await post("press", {
      userid: active, task_id: form.dataset.task, key: press.dataset.press, selected: isMenu ? {} : chosen(form), from_menu: isMenu, wait: false,
    });
    return;
  }
  const retry = event.target.closest("[data-retry]");
  if (retry) await post("retry", { item: Number(retry.dataset.retry) });
});

document.addEventListener("submit", (event) => { if (event.target.matches("form.card")) event.preventDefault(); });

// drawers and the technical view

let lastOpener = null;
function markExpanded(id, isOpen) {
  for (const button of $$(`[data-open="${id}"]`)) button.setAttribute("aria-expanded", String(isOpen));
}

function openDrawer(id, opener) {
  const drawer = document.getElementById(id);
  lastOpener = opener;
  drawer.hidden = false;
  drawer.classList.add("is-open");
  markExpanded(id, true);
  $("[data-close]", drawer)?.focus({ preventScroll: true });
}

function closeDrawer(drawer) {
  if (!drawer.classList.contains("is-open")) return;
  drawer.classList.remove("is-open");
  if (drawer.id === "wire") drawer.hidden = true;
  markExpanded(drawer.id, false);
  lastOpener?.focus({ preventScroll: true });
}

for (const button of $$("[data-open]")) {
  button.addEventListener("click", () => {
    const drawer = document.getElementById(button.dataset.open);
    if (drawer.classList.contains("is-open")) closeDrawer(drawer);
    else { openDrawer(button.dataset.open, button); refreshWire(); }
  });
}
for (const button of $$("[data-close]")) button.addEventListener("click", () => closeDrawer(button.closest("aside")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closePopups();
  $$("aside.is-open").forEach(closeDrawer);
});

let wireTimer = 0;
function refreshWire() {
  if ($("#wire").hidden) return;
  clearTimeout(wireTimer);
  wireTimer = setTimeout(async () => {
    const answer = await fetch("/sandbox/exchanges").catch(() => null);
    if (!answer?.ok) return;
    const made = document.createElement("template");
    made.innerHTML = await answer.text();
    // what is open stays open, and what has not changed stays the same element
    const known = new Map($$("#exchanges .exchange").map((one) => [one.dataset.exchange, one]));
    const fresh = [...made.content.children].map((one) => {
      const old = known.get(one.dataset.exchange);
      if (old && old.dataset.state === one.dataset.state) return old;
      if (old?.open) one.open = true;
      return one;
    });
    $("#exchanges").replaceChildren(...fresh);
  }, 150);
}

// faults and latency

const faults = $("#faults");
faults.latency_ms.addEventListener("input", () => { $("#latency-shown").textContent = `${faults.latency_ms.value} ms`; });
faults.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [name, amount] = faults.amount.value.split(":");
  const rules = faults.kind.value ? [{ api: faults.api.value, kind: faults.kind.value, [name]: Number(amount) }] : [];
  await post("settings", { latency_ms: Number(faults.latency_ms.value) });
  if (await post("faults", { rules })) toast(rules.length ? "故障已设好" : "没有故障");
});
$("#clear-chat").addEventListener("click", () => post("reset", {}));

setInterval(() => {
  $("#phone-time").textContent = new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
}, 15000);

// the newest message stays in sight when the keyboard, the tools or a second line take room
const wasAtEnd = new WeakMap();
for (const pane of $$(".log")) {
  pane.addEventListener("scroll", () => wasAtEnd.set(pane, pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR_END_PX));
  new ResizeObserver(() => { if (wasAtEnd.get(pane) !== false) scrollToEnd(pane); }).observe(pane);
}
$("#menu").dataset.html = $("#menu").innerHTML;
become(active, { isFirst: true });
