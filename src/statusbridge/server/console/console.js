"use strict";
// Brings what is shown to what the daemon says now, a part at a time, so that the focus, what was
// opened and what was typed stay where they are.
(() => {
  const EVERY = 2000;
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
      place.remove();
      place = next;
    }
  };

  const update = (old, now) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== now.data) old.data = now.data;
    } else if (!old.matches("[data-still]") || !old.querySelector("details[open]")) {
      // What somebody is about to decide on does not change under their hand.
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
    } catch {
      const since = new Date(heard).toISOString().slice(11, 19);
      if (lost.hidden) lost.textContent = `The daemon does not answer. What is shown is of ${since} UTC.`;
      lost.hidden = false;
    }
  };

  const go = async () => {
    await look();
    setTimeout(go, EVERY);
  };
  document.addEventListener("visibilitychange", look);
  setTimeout(go, EVERY);
})();
