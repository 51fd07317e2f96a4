"use strict";
// Brings what is shown to what the daemon says now, a part at a time, so that the focus, what was
// opened and what was typed stay where they are.
(() => {
  const EVERY = 2000;
  const OLD = 10000; // longer than an answer may take
  const lost = document.querySelector("#lost");
  let heard = Date.now();

  const attributes = (old, now) => {
    for (const { name } of [...old.attributes])
      if (!now.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    for (const { name, value } of now.attributes)
      if (old.getAttribute(name) !== value && name !== "open") old.setAttribute(name, value);
  };

  const children = (old, now) => {
    const named = new Map([...old.children].filter((c) => c.id).map((c) => [c.id, c]));
    let place = old.firstChild;
    for (const wanted of [...now.childNodes]) {
      const alike = place && !place.id && !wanted.id && place.nodeName === wanted.nodeName;
      const same = wanted.id ? named.get(wanted.id) : alike ? place : undefined;
      if (same === undefined) old.insertBefore(wanted, place);
      else {
        if (same === place) place = place.nextSibling;
        else old.insertBefore(same, place);
        update(same, wanted);
      }
    }
    while (place) {
      const next = place.nextSibling;
      if (isOpened(place)) note(place, "This waits no more. What you typed stays until you close it.");
      else place.remove();
      place = next;
    }
  };

  // What somebody is about to decide on does not change under their hand; they are told that it has.
  const isOpened = (node) => node.querySelector?.("[data-still] > details[open]") != null;
  const lookOf = (node) => node.querySelector("[name=look]")?.value;
  const note = (node, words) => {
    for (const place of node.querySelectorAll("[data-note]")) {
      if (place.textContent !== words) place.textContent = words;
      place.hidden = words === "";
    }
  };

  const update = (old, now) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
    } else if (old.matches("[data-still]") && isOpened(old)) {
      const same = lookOf(old) === lookOf(now);
      note(old, same ? "" : "This has changed since you opened it: close it, and look again.");
    } else {
      attributes(old, now);
      children(old, now);
    }
  };

  const look = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch("/live", { signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      const now = new DOMParser().parseFromString(text, "text/html").querySelector("main");
      update(document.querySelector("main"), now);
      document.title = now.dataset.title;
      heard = Date.now();
      lost.hidden = true;
      document.body.classList.remove("lost");
    } catch {
      doubt();
    }
  };

  // What is old must not look as if all were well.
  const doubt = () => {
    if (!lost.hidden) return;
    const headline = document.querySelector("h1");
    const since = new Date(heard).toISOString().slice(11, 19);
    lost.textContent = `The daemon does not answer. What is shown is of ${since} UTC, and may be over.`;
    lost.hidden = false;
    headline.textContent = "Nobody knows how it stands now.";
    headline.className = "bad";
    document.title = "No answer · statusbridge";
    document.body.classList.add("lost");
  };

  const go = async () => {
    await look();
    setTimeout(go, EVERY);
  };
  // A machine that slept wakes up with an old page.
  setInterval(() => document.hidden || Date.now() - heard < OLD || doubt(), 1000);
  document.addEventListener("visibilitychange", look);
  setTimeout(go, EVERY);
})();
