// A page that shows what is new, and orders that are given from it; without this script pages are read as they are.
(() => {
  "use strict";
  const note = document.createElement("p"); // says whether the page is live
  note.className = "live"; note.id = "live"; note.setAttribute("role", "status");
  document.querySelector("header")?.append(note);
  const LOST = "Connection lost; trying again.";
  const say = (text) => { if (note.textContent !== text) note.textContent = text; };

  // Make `old` what `fresh` is, and leave alone what is the same: focus, selection, scrolling, and what is typed or folded out.
  const morph = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) { if (old.data !== fresh.data) old.data = fresh.data; return; }
    const kept = (name) => name === "open" && old.nodeName === "DETAILS"; // folded by the reader
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !kept(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes)
      if (old.getAttribute(name) !== value && !kept(name)) old.setAttribute(name, value);
    if (old.nodeName === "FORM") return; // what a reader is filling in
    const wanted = new Set([...fresh.children].map((one) => one.id).filter(Boolean));
    const known = new Map([...old.children].filter((one) => wanted.has(one.id)).map((one) => [one.id, one]));
    let at = old.firstChild;
    for (const want of fresh.childNodes) {
      while (at?.id && !wanted.has(at.id)) at = remove(at);
      const same = at && !at.id && !want.id && at.nodeName === want.nodeName;
      const have = want.id ? known.get(want.id) : same ? at : null;
      if (!have || have.nodeName !== want.nodeName) old.insertBefore(document.importNode(want, true), at);
      else {
        if (have === at) at = at.nextSibling; else old.insertBefore(have, at);
        morph(have, want);
      }
    }
    while (at) at = remove(at);
  };
  const remove = (node) => { const next = node.nextSibling; node.remove(); return next; };

  // The parts with `id` and `data-live` whose ids are in `order`: each as `fresh` has it, or as it is if that has it not.
  // A part that is new is put behind the one before it.
  const parts = (page) => [...page.querySelectorAll("[data-live][id]")].filter((one) => !one.parentElement.closest("[data-live]"));
  const swap = (fresh, order) => {
    const focused = document.activeElement;
    document.title = fresh.title;
    for (const old of parts(document)) if (!order.includes(old.id)) old.remove();
    order.forEach((id, at) => {
      const want = fresh.getElementById(id), old = document.getElementById(id);
      if (want && old) morph(old, want);
      else if (want) {
        const before = document.getElementById(order[at - 1]), made = document.importNode(want, true);
        if (before) before.after(made); else document.getElementById("main").prepend(made);
      }
    });
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  };

  // One stream while somebody looks. An event has what is new since the version before; who has another fetches the page.
  // What is large comes with the page, which all who look fetch at different moments.
  let stream = null, version = "", busy = false, again = false, behind = false;
  const fetchLater = () => {
    if (!behind) setTimeout(update, 4000 * Math.random());
    behind = true;
  };
  const parsed = (text) => new DOMParser().parseFromString(text, "text/html"); // runs no script, fetches nothing
  const hear = ({ data, lastEventId }) => {
    if (lastEventId === version) return;
    const step = data.startsWith("{") ? JSON.parse(data) : null;
    if (busy || !version || step?.since !== version) { update(); return; }
    version = lastEventId;
    swap(parsed(step.html), step.parts);
    if (step.later) fetchLater();
    say("Live");
  };
  const update = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      do {
        again = false;
        const answer = await fetch(location.href, { cache: "no-cache", redirect: "error" });
        if (!answer.ok) { say(answer.status === 404 ? "This is no longer here." : "The page cannot be shown now."); continue; }
        const found = answer.headers.get("ETag")?.slice(3, -1); // W/"..."
        if (found && found === version && !behind) continue;
        version = found ?? "";
        behind = false;
        const fresh = parsed(await answer.text());
        swap(fresh, parts(fresh).map((one) => one.id));
        say("Live");
      } while (again);
    } catch { say(LOST); setTimeout(update, 5000); } finally { busy = false; }
  };
  const close = () => { stream?.close(); stream = null; };
  const open = () => {
    if (stream || document.hidden || !document.querySelector("[data-live]")) return;
    stream = new EventSource("/events?page=" + encodeURIComponent(location.pathname + location.search));
    stream.onopen = () => say("Live");
    stream.onmessage = hear;
    stream.onerror = () => {
      const over = stream?.readyState === EventSource.CLOSED; // refused: the browser does not try again
      say(LOST);
      if (over) { close(); setTimeout(open, 5000 + 5000 * Math.random()); }
    };
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();

  // Orders: a form's inputs as a JSON object; the same key until there is an answer, so that a call is never made twice.
  const READ = {
    boolean: (one) => (one.type === "hidden" ? one.value === "True" : one.checked), integer: (one) => parseInt(one.value, 10), number: (one) => parseFloat(one.value),
    answer: (one) => one.value === "yes", list: (one) => one.value.split("\n").filter((line) => line.trim()), string: (one) => one.value,
  };
  const inputs = (form) => {
    const found = {};
    for (const one of form.elements) {
      const { kind } = one.dataset;
      if (!one.name || !kind) continue;
      if (kind === "choice") { if (one.checked) (found[one.name] ??= []).push(one.value); }
      else if (one.type === "checkbox" || one.value !== "") found[one.name] = READ[kind](one);
    }
    return found;
  };
  // What only some inputs can make worse is confirmed when one of them is filled in.
  const confirm = (form) => {
    const asked = form.querySelector("[data-confirm]");
    if (!asked) return;
    const worse = (one) => "raises" in one.dataset && (one.type === "checkbox" ? one.checked : one.value !== one.dataset.raises);
    asked.hidden = ![...form.elements].some(worse);
    asked.querySelector("input").required = !asked.hidden;
  };
  document.addEventListener("input", (event) => { if (event.target.form) confirm(event.target.form); });
  const keys = new WeakMap(), sending = new WeakSet();
  const link = (address) => {
    const made = document.createElement("a");
    made.textContent = address; made.href = new URL(address, location.origin).pathname;
    return made;
  };
  const coded = (text) => text.split("`").map((part, place, all) => { // what stands between backticks is code
    if (place % 2 === 0 || place === all.length - 1) return place % 2 ? "`" + part : part;
    const made = document.createElement("code");
    made.textContent = part;
    return made;
  });
  const begun = (found) => ["Begun: ", link(found.address), ...(found.leads ? [", for ", link(found.leads)] : [])];
  const done = (found) => { // what came of it: the texts and numbers that the operation returned
    const said = Object.entries(found).filter(([, value]) => value !== "" && ["string", "number"].includes(typeof value));
    return "Done" + said.map(([name, value], place) => `${place ? ", " : ": "}${name.replaceAll("_", " ")} ${String(value).slice(0, 200)}`).join("");
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    event.preventDefault(); // nothing is ever posted as a form
    if (!form.dataset.order?.startsWith("/api/") || sending.has(form)) return;
    const fields = form.querySelector("fieldset"), output = form.querySelector("output"), body = JSON.stringify(inputs(form));
    if (keys.get(form)?.body !== body) keys.set(form, { body, key: crypto.randomUUID() });
    fields.disabled = true; sending.add(form); output.className = ""; output.textContent = "Under way";
    try {
      const answer = await fetch(form.dataset.order, {
        method: "POST", body, redirect: "error", headers: { "Content-Type": "application/json", "Idempotency-Key": keys.get(form).key },
      });
      const found = await answer.json().catch(() => ({}));
      keys.delete(form);
      output.className = answer.ok ? "done" : "failed";
      const refused = [found.error ?? `Refused (${answer.status})`, found.fix].filter(Boolean).join("; ");
      output.replaceChildren(...(!answer.ok ? coded(refused) : answer.status === 202 ? begun(found) : [done(found)]));
      if (answer.ok) { form.reset(); confirm(form); update(); }
    } catch { output.className = "failed"; output.textContent = "The server cannot be reached; it is safe to try again."; }
    fields.disabled = false; sending.delete(form);
    form.querySelector("button").focus();
  });
})();
