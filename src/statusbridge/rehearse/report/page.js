"use strict";
// What the page can do beyond being read: values under the pointer and by the arrow keys, zoom, and
// an incident's texts beside the timeline. All of it is in the document; this only moves it.
(() => {
  const main = document.querySelector("main");
  const [start, span] = [Number(main.dataset.start), Number(main.dataset.span)];
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const made = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // Times, as seconds from the start of the report.
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const utc = (at) => new Date((start + at) * 1000);
  const day = (at) => `${utc(at).getUTCDate()} ${MONTHS[utc(at).getUTCMonth()]}`;
  const clock = (at) => utc(at).toISOString().slice(11, 16);
  const moment = (at) => `${day(at)} ${clock(at)}`;
  const stretch = (from, to) => `${moment(from)} – ${day(from) === day(to) ? clock(to) : moment(to)}`;

  // The stretch that is looked at, and what follows it: bars by CSS, drawings by their view box.
  let view = { from: 0, span };
  const fields = all("svg.field");
  const resets = all(".reset");

  function look(from, wide) {
    const least = Math.min(span, 600);
    wide = Math.min(span, Math.max(least, wide));
    from = Math.min(span - wide, Math.max(0, from));
    view = { from, span: wide };
    document.documentElement.style.setProperty("--t0", from);
    document.documentElement.style.setProperty("--span", wide);
    for (const field of fields) {
      const [, , , height] = field.getAttribute("viewBox").split(" ");
      field.setAttribute("viewBox", `${from} 0 ${wide} ${height}`);
    }
    for (const reset of resets) reset.hidden = wide === span;
    drawTicks();
    hideCursor();
  }

  const STEPS = [60, 300, 900, 1800, 3600, 10800, 21600, 43200, 86400,
    ...[2, 5, 7, 14, 30, 90, 365].map((days) => days * 86400)];
  const axes = all(".ticks").map((element) => ({ element, when: element.querySelector(".when") }));

  function drawTicks() {
    for (const { element, when } of axes) {
      const most = Math.max(2, Math.floor(element.clientWidth / 66));
      const step = STEPS.find((one) => view.span / one <= most) ?? view.span;
      const grid = Math.min(step, 86400);
      let at = Math.ceil((start + view.from) / grid) * grid - start;
      const ticks = [];
      const end = view.from + view.span * (1 - 44 / Math.max(88, element.clientWidth));
      for (; at < end; at += step) {
        const midnight = (start + at) % 86400 === 0;
        const tick = made("span", "at tick", midnight ? day(at) : clock(at));
        tick.style.setProperty("--a", at);
        tick.style.setProperty("--b", at);
        ticks.push(tick);
      }
      if (ticks.length && !ticks.some((tick) => tick.textContent.includes(" "))) {
        ticks[0].textContent = `${day(Math.ceil(view.from))} ${ticks[0].textContent}`;
        const apart = (step / view.span) * element.clientWidth;
        if (ticks[1] && apart < 88) ticks[1].textContent = "";
      }
      element.replaceChildren(...ticks, when);
    }
  }

  // The line at the pointer, in all drawings at once, with each one's value there.
  const plots = all(".plot").map((element) => ({
    element,
    now: element.closest(".row").querySelector(".now"),
    width: Number(element.dataset.width),
    values: expanded(element.dataset.values),
  }));
  const cursors = all(".rows").map((rows) => rows.appendChild(made("div", "cursor")));
  const spoken = document.body.appendChild(made("output", "hidden"));

  function expanded(text) {
    return text.split(" ").flatMap((run) => {
      const [value, times = 1] = run.split("*").map(Number);
      return Array(times).fill(value);
    });
  }

  function valueAt(plot, at) {
    const place = Math.min(plot.values.length - 1, Math.max(0, Math.floor(at / plot.width)));
    const from = place * plot.width;
    const to = Math.min(span, from + plot.width);
    return { value: plot.values[place].toLocaleString("en"), from, to };
  }

  function showCursor(at) {
    const share = (at - view.from) / view.span;
    if (share < 0 || share > 1) return hideCursor();
    document.documentElement.style.setProperty("--cursor", share);
    for (const cursor of cursors) cursor.hidden = false;
    for (const { when } of axes) {
      when.hidden = false;
      when.textContent = `${moment(at)} UTC`;
      when.classList.toggle("first", share < 0.12);
      when.classList.toggle("last", share > 0.88);
    }
    for (const plot of plots) {
      const { value, from, to } = valueAt(plot, at);
      const until = day(from) === day(to) ? clock(to) : moment(to);
      plot.now.replaceChildren(made("b", "", value), ` ${clock(from)}–${until}`);
    }
  }

  function hideCursor() {
    for (const cursor of cursors) cursor.hidden = true;
    for (const { when } of axes) when.hidden = true;
    for (const { now } of plots) now.textContent = "";
  }

  const timeUnder = (field, event) => {
    const box = field.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return view.from + share * view.span;
  };

  for (const field of all(".rows .field:not(svg)")) {
    field.addEventListener("pointermove", (event) => showCursor(timeUnder(field, event)));
    field.addEventListener("pointerdown", (event) => showCursor(timeUnder(field, event)));
    field.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") hideCursor();
    });
  }

  // A stretch drawn with the mouse is looked at.
  for (const { element } of plots) {
    element.addEventListener("pointerdown", (event) => {
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      const from = timeUnder(element, event);
      const brush = element.appendChild(made("div", "brush"));
      element.setPointerCapture(event.pointerId);
      const move = (moved) => {
        const at = timeUnder(element, moved);
        const share = (one) => ((one - view.from) / view.span) * 100;
        brush.style.left = `${share(Math.min(from, at))}%`;
        brush.style.width = `${share(Math.max(from, at)) - share(Math.min(from, at))}%`;
      };
      const end = (ended) => {
        element.removeEventListener("pointermove", move);
        brush.remove();
        const at = timeUnder(element, ended);
        const drawn = Math.abs(at - from);
        if (drawn > view.span / 100) look(Math.min(from, at), drawn);
      };
      element.addEventListener("pointermove", move);
      element.addEventListener("pointerup", end, { once: true });
    });
  }

  // By keys: a drawing begins at its highest value in view, arrows go from bucket to bucket.
  for (const plot of plots) {
    const first = () => Math.floor(view.from / plot.width);
    const last = () => Math.min(plot.values.length, Math.ceil((view.from + view.span) / plot.width)) - 1;
    let place = null;
    const go = (to) => {
      place = Math.min(last(), Math.max(first(), to));
      const at = Math.min(view.from + view.span, Math.max(view.from, (place + 0.5) * plot.width));
      showCursor(at);
      const { value, from, to: until } = valueAt(plot, at);
      spoken.textContent = `${value} ${plot.element.dataset.unit}, ${stretch(from, until)} UTC`;
    };
    const highest = () => {
      const shown = plot.values.slice(first(), last() + 1);
      return first() + shown.indexOf(shown.reduce((most, value) => Math.max(most, value), 0));
    };
    plot.element.addEventListener("focus", () => {
      if (plot.element.matches(":focus-visible")) go(highest());
    });
    plot.element.addEventListener("blur", hideCursor);
    plot.element.addEventListener("keydown", (event) => {
      const wide = event.shiftKey ? Math.max(1, Math.round((last() - first()) / 20)) : 1;
      const here = place ?? highest();
      const target = { ArrowLeft: here - wide, ArrowRight: here + wide, Home: first(), End: last() }[event.key];
      if (target === undefined) return;
      event.preventDefault();
      go(target);
    });
  }

  // What a bar stands for, under the pointer or the focus.
  const bars = all("a.bar");
  const tip = document.body.appendChild(made("div"));
  tip.id = "tip";
  tip.hidden = true;
  for (const bar of bars) {
    bar.dataset.label = bar.title;
    bar.setAttribute("aria-label", bar.title);
    bar.removeAttribute("title");
    const show = () => {
      tip.textContent = bar.dataset.label;
      tip.hidden = false;
      const [box, own] = [bar.getBoundingClientRect(), tip.getBoundingClientRect()];
      const middle = Math.max(0, box.left) + Math.min(box.width, innerWidth) / 2;
      tip.style.left = `${Math.max(6, Math.min(innerWidth - own.width - 6, middle - own.width / 2))}px`;
      tip.style.top = `${box.top - own.height - 8 < 0 ? box.bottom + 8 : box.top - own.height - 8}px`;
    };
    const hide = () => { tip.hidden = true; };
    bar.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") show(); });
    bar.addEventListener("pointerleave", hide);
    bar.addEventListener("focus", show);
    bar.addEventListener("blur", hide);
    bar.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      hide();
      select(bar);
    });
  }
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // One incident, with its texts, and the time around it.
  const panel = document.getElementById("selected");
  let chosen = null;

  function edges(bar) {
    const style = getComputedStyle(bar);
    return [Number(style.getPropertyValue("--a")), Number(style.getPropertyValue("--b"))];
  }

  // Each incident once, however many components it has, in order of time.
  const turns = [...new Map(bars.map((bar) => [bar.hash, bar])).values()]
    .map((bar) => [edges(bar)[0], bar])
    .sort(([one], [other]) => one - other)
    .map(([, bar]) => bar);

  function select(bar) {
    chosen?.removeAttribute("aria-current");
    chosen = bar;
    bar.setAttribute("aria-current", "true");
    const [from, to] = edges(bar);
    const around = Math.max(1800, (to - from) * 0.75);
    look(from - around, to - from + 2 * around);
    panel.replaceChildren(heading(bar), ...told(bar));
    panel.hidden = false;
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  }

  function heading(bar) {
    const [title, ...lines] = bar.dataset.label.split("\n");
    const head = made("div", "bar-head");
    const turn = made("div", "turn");
    const place = turns.findIndex((one) => one.hash === bar.hash);
    const add = (text, act) => {
      const button = made("button", "", text);
      button.type = "button";
      button.addEventListener("click", () => {
        act();
        all("button", panel).find((one) => one.textContent === text)?.focus();
      });
      turn.append(button, " ");
    };
    if (place > 0) add("Previous", () => select(turns[place - 1]));
    if (place < turns.length - 1) add("Next", () => select(turns[place + 1]));
    add("Close", close);
    head.append(made("h3", "theirs", title), turn, made("p", "line theirs", lines.join(" · ")));
    return head;
  }

  function told(bar) {
    const source = document.getElementById(bar.hash.slice(1));
    if (!source) return [made("p", "aside", "Its texts are not in this report; backtest --json has them.")];
    if (source.matches("tr")) {
      const cells = [...source.cells].slice(1).map((cell) => cell.textContent);
      return [made("p", "theirs", `Posted by people on ${cells[0]}. These rules: ${cells[2]}.`)];
    }
    const copy = source.cloneNode(true);
    copy.removeAttribute("id");
    return [copy];
  }

  function close() {
    look(0, span);
    panel.hidden = true;
    const bar = chosen;
    chosen = null;
    bar?.removeAttribute("aria-current");
    bar?.focus();
  }

  for (const reset of resets) reset.addEventListener("click", () => look(0, span));
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    tip.hidden = true;
    if (chosen) close();
    else look(0, span);
  });
  addEventListener("resize", drawTicks);
  addEventListener("beforeprint", () => { for (const part of all("details")) part.open = true; });
  look(0, span);
})();
