// SPDX-License-Identifier: Apache-2.0
// Puts each new page in place of the old one. What a person has opened, ticked or reached stays.
"use strict";
(() => {
  const bar = document.getElementById("live");
  const state = document.getElementById("live-state");
  const again = document.getElementById("live-again");

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
    document.querySelectorAll("head style").forEach((style) => style.remove());
    fresh.querySelectorAll("head style").forEach((style) => document.head.append(style));
    [...document.body.childNodes].forEach((node) => { if (node !== bar) node.remove(); });
    document.body.append(...fresh.body.childNodes);

    document.querySelectorAll("details").forEach((e) => {
      if (folds.has(nameOf(e))) e.open = folds.get(nameOf(e));
    });
    document.querySelectorAll("input[type=checkbox]").forEach((e) => {
      if (ticks.has(nameOf(e))) e.checked = ticks.get(nameOf(e));
    });
    const reached = focus && find(active.tagName, focus);
    if (reached) reached.focus({ preventScroll: true });
    window.scrollTo(0, place);
  };

  const events = new EventSource("events");
  events.onmessage = (message) => {
    const told = JSON.parse(message.data);
    if (told.page) swap(told.page);
    state.textContent = told.words;
    bar.className = told.is_checking ? "checking" : "";
    document.querySelector("main")?.setAttribute("aria-busy", String(told.is_checking));
  };
  events.onerror = () => {
    events.close();
    bar.className = "ended";
    state.textContent = bar.dataset.ended;
    again.disabled = true;
  };
  again.addEventListener("click", () => fetch("again", { method: "POST" }));
})();
