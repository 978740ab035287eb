// SPDX-License-Identifier: Apache-2.0
// Puts each new page in place of the old one. What a person has opened, ticked or reached stays.
"use strict";
(() => {
  const bar = document.getElementById("live");
  const state = document.getElementById("live-state");
  let hands = null; // the list of what a person is to do, while they do it

  // names an element by its id, or by its words and its place among those with the same words
  const wordsOf = (element) => {
    const label = element.querySelector(":scope > summary") || element.closest("label") || element;
    return label.textContent.trim();
  };
  const nameOf = (element) => {
    if (element.id) return "#" + element.id;
    const words = wordsOf(element);
    const like = [...document.querySelectorAll(element.tagName)].filter(
      (other) => wordsOf(other) === words);
    return [element.tagName, words, like.indexOf(element)].join("|");
  };
  const find = (selector, name) =>
    [...document.querySelectorAll(selector)].find((element) => nameOf(element) === name);

  const open = (list) => list && list.querySelector("li:not(.seen)");
  const see = (event) => {
    const next = open(hands);
    if (next?.dataset.event !== event) return;
    next.className = "seen";
    next.lastElementChild.textContent = next.lastElementChild.dataset.seen;
  };
  // a list that was begun goes on, on whatever page, until all is well
  const keepHands = () => {
    const fresh = document.querySelector("main .hands");
    const isBegun = hands?.querySelector(".seen");
    if (isBegun && (open(hands) || !fresh) && !(open(hands) && document.querySelector(".verdict.ok"))) {
      if (fresh) fresh.replaceWith(hands);
      else document.querySelector("main article").prepend(hands);
      if (!open(hands)) hands = null;
    } else hands = fresh;
  };

  const swap = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const folds = new Map([...document.querySelectorAll("details")].map((e) => [nameOf(e), e.open]));
    const ticks = new Map(
      [...document.querySelectorAll("input[type=checkbox]")].map((e) => [nameOf(e), e.checked]));
    const active = document.activeElement;
    const focus = active && active !== document.body && !bar.contains(active) ? nameOf(active) : null;
    const place = window.scrollY;

    document.title = fresh.title;
    document.documentElement.lang = fresh.documentElement.lang;
    fresh.getElementById("live").remove();
    [...document.body.childNodes].forEach((node) => { if (node !== bar) node.remove(); });
    document.body.append(...fresh.body.childNodes);

    document.querySelectorAll("details").forEach((e) => {
      if (folds.has(nameOf(e))) e.open = folds.get(nameOf(e));
    });
    document.querySelectorAll("input[type=checkbox]").forEach((e) => {
      if (ticks.has(nameOf(e))) e.checked = ticks.get(nameOf(e));
    });
    keepHands();
    const reached = focus && find(active.tagName, focus);
    if (reached) reached.focus({ preventScroll: true });
    window.scrollTo(0, place);
  };

  const close = (words) => {
    events.close();
    bar.className = "ended";
    state.textContent = words;
    document.querySelectorAll(".again").forEach((button) => { button.disabled = true; });
  };

  keepHands();
  const events = new EventSource("events" + location.search);
  events.onmessage = (message) => {
    const told = JSON.parse(message.data);
    told.events.forEach(see);
    if (told.page) swap(told.page);
    state.textContent = told.words;
    bar.className = told.is_checking ? "checking" : "";
    document.querySelector("main")?.setAttribute("aria-busy", String(told.is_checking));
  };
  events.addEventListener("ended", () => close(bar.dataset.ended));
  // not tried again: whoever answers at this port later may be another program
  events.onerror = () => close(bar.dataset.lost);
  document.addEventListener("click", async ({ target }) => {
    if (target.matches(".again")) fetch("again", { method: "POST" });
    if (!target.matches(".copy")) return;
    const rows = [...document.querySelectorAll(".technical > div")].map(
      (row) => [...row.children].map((cell) => cell.textContent).join(": "));
    try {
      await navigator.clipboard.writeText(rows.join("\n"));
      state.textContent = target.dataset.done;
    } catch { // the browser or its user refuses
      getSelection().selectAllChildren(document.querySelector(".technical"));
      state.textContent = target.dataset.refused;
    }
  });
  document.getElementById("live-print").addEventListener("click", () => window.print());
})();
