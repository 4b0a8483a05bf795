// Keeps a page current: hears that something happened, asks for the same page again, and puts in the parts that differ.
// Without it every page works the same, and is as current as when it was asked for.
"use strict";

const page = document.body.dataset;
const SOON = 150; // milliseconds: what happens together is shown together

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }) + " here";
  }
}

function changed(field) {
  return field.type === "checkbox" || field.type === "radio"
    ? field.checked !== field.defaultChecked
    : field.tagName !== "SELECT" && field.value !== field.defaultValue;
}

// Somebody is at it: nothing is put in its place, unless the question itself is gone.
function busy(part, fresh) {
  if (part.classList.contains("approval") && part.className !== fresh.className) return false;
  const fields = part.querySelectorAll("input:not([type=hidden]), textarea, select");
  return part.contains(document.activeElement) || [...fields].some(changed);
}

function put(fresh, part) {
  const copy = document.importNode(fresh, true);
  for (const details of part ? part.querySelectorAll("details[id]") : []) {
    const same = copy.querySelector(`#${CSS.escape(details.id)}`);
    if (same) same.open = details.open;
  }
  localTimes(copy);
  return copy;
}

function show(fresh) {
  let shown = 0;
  for (const part of fresh.querySelectorAll("[data-live]")) {
    const old = document.getElementById(part.id);
    const parent = part.parentElement && document.getElementById(part.parentElement.id);
    if (!old && parent) {
      parent.prepend(put(part));
      shown += 1;
    } else if (old && !same(old, part) && !busy(old, part)) {
      old.replaceWith(put(part, old));
      shown += 1;
    }
  }
  return shown;
}

function same(old, part) {
  const plain = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll("time[title]").forEach((time) => time.removeAttribute("title"));
    copy.querySelectorAll("details[open]").forEach((details) => details.removeAttribute("open"));
    return copy.outerHTML;
  };
  return plain(old) === plain(part);
}

let asking = false;
let again = false;

async function refresh(why) {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const answer = await fetch(location.pathname + location.search, { credentials: "same-origin", redirect: "error" });
    if (answer.ok) {
      const shown = show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (shown && why) say(`Updated: ${why}`);
    }
  } catch {
    say("The agent does not answer; this page shows how it stood.");
  }
  asking = false;
  if (again) {
    again = false;
    later(why);
  }
}

let waiting = 0;
function later(why) {
  // Many pages hear the same news at once; they do not all ask at once.
  const pause = SOON + Math.random() * SOON + Number(page.livePause || 0);
  if (!waiting) waiting = setTimeout(() => { waiting = 0; refresh(why); }, pause);
}

function say(text) {
  const news = document.getElementById("news");
  news.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { news.textContent = ""; }, 6000);
}

let source = null;
let after = page.liveAfter;

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(`/live?after=${after}`);
  source.onmessage = (message) => {
    const told = JSON.parse(message.data);
    after = told.sequence;
    if (!page.liveIncident || told.incident === page.liveIncident) later(told.type.replaceAll("_", " "));
  };
}

// A page that nobody looks at holds no connection: a browser has few of them for one address.
function attend() {
  if (document.hidden && source) {
    source.close();
    source = null;
  } else {
    listen();
  }
}

localTimes(document);
if (page.liveAfter !== undefined) {
  document.addEventListener("visibilitychange", attend);
  listen();
}
