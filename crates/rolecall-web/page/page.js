// The page: asks the prover, shows what it answers. All text gets into the page as text, never as markup.
"use strict";
(() => {
  // Text up to this length is edited in the page; a longer document is held as it is.
  const EDITED = 200_000;
  // rolecall reads no file that is larger.
  const LARGEST = 64 * 1024 * 1024;
  // A link with more than this is cut by programs that people paste it into.
  const LONGEST_LINK = 32_000;
  // What a link may unfold to: it comes from somebody else.
  const UNFOLDED = 2_000_000;
  const PATIENCE = 60_000;
  // So long may an answer stay while the text beside it is typed: one that comes sooner replaces it without a flicker.
  const GRACE = 300;
  const FIELDS = ["principals", "external_ids", "targets", "allow", "parameters"];
  const SWITCHES = ["plain_references", "fail_on_warning"];

  const $ = (id) => document.getElementById(id);
  const text = $("text");

  /** An element with text and children; what is not an element becomes text. */
  const make = (tag, properties, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties ?? {})) {
      if (name === "class") element.className = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  /** A sentence in which `this` is code. */
  const rich = (sentence) =>
    sentence.split(/(`[^`]+`)/).map((piece) =>
      piece.length > 2 && piece.startsWith("`") && piece.endsWith("`") ? make("code", {}, piece.slice(1, -1)) : piece);

  /** What others wrote, on one line, without anything that steers the eye; as the prover shows it. */
  const shown = (name) =>
    name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu, (letter) =>
      letter.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""));

  // ---- The document: edited, or held because it is large.

  let held = null; // { name, document: string | Uint8Array, size, excerpt: string }
  let fileName = null;
  let marks = [];

  const hold = (name, content) => {
    const isText = typeof content === "string";
    const whole = isText ? content : new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    held = { name, document: content, whole };
    fileName = isText ? null : name;
    text.value = "";
    $("held-name").textContent = shown(name);
    $("held-size").textContent = `${(isText ? content.length : content.byteLength).toLocaleString("en")} ${isText ? "characters" : "bytes"}`;
    showHeld();
    ask(0, true);
  };

  const showHeld = () => {
    $("held").hidden = held === null;
    $("editor").hidden = held !== null;
    $("share").disabled = held !== null;
  };

  const edit = (content, name) => {
    held = null;
    fileName = name;
    showHeld();
    text.value = content;
    // Where the browser scrolled to while it filled the field.
    $("editor").scrollTop = 0;
    mark([]);
    ask(0, true);
  };

  /** There is no document, for this reason. Nothing of the one before stays. */
  const refuse = (message) => {
    leave();
    held = null;
    fileName = null;
    text.value = "";
    showHeld();
    chooseRole([], "");
    asked += 1;
    show({ state: "unreadable", message, marks: [], names: [] });
    document.body.dataset.answers = String(asked);
  };

  const open = async (files) => {
    const [file] = files;
    if (files.length > 1) {
      refuse(`${files.length} files were given; the page proves one document at a time`);
      return;
    }
    if (file.size > LARGEST) {
      refuse(`cannot read \`${shown(file.name)}\`: it has more than ${LARGEST} bytes`);
      return;
    }
    const mine = leave();
    expect();
    let bytes;
    try {
      bytes = new Uint8Array(await file.arrayBuffer());
    } catch {
      if (mine === documents) refuse(`cannot read \`${shown(file.name)}\`: the browser does not give its content; it may be a folder, or have changed`);
      return;
    }
    // Another document was typed, opened or followed in the meantime.
    if (mine !== documents) return;
    chooseRole([], "");
    if (bytes.length <= EDITED) {
      try {
        edit(new TextDecoder("utf-8", { fatal: true }).decode(bytes), file.name);
        return;
      } catch {
        // The prover says what is wrong with the bytes.
      }
    }
    hold(file.name, bytes);
  };

  // ---- Marks: the lines of the text behind the field, with the statements that matter.

  const SEVERITY = ["note", "warning", "error", "focus"];

  const mark = (wanted) => {
    marks = wanted;
    const value = text.value;
    const lines = value.split("\n");
    const back = $("back");
    const fragment = document.createDocumentFragment();
    let start = 0;
    for (const line of lines) {
      const end = start + line.length;
      const here = wanted.filter((it) => it.start < end + 1 && it.end > start);
      const row = make("div", { class: "line" });
      if (here.length === 0) {
        row.textContent = line;
      } else {
        const cuts = new Set([start, end]);
        for (const it of here) {
          cuts.add(Math.max(start, it.start));
          cuts.add(Math.min(end, it.end));
        }
        const order = [...cuts].sort((one, other) => one - other);
        for (let at = 0; at + 1 < order.length; at += 1) {
          const [from, to] = [order[at], order[at + 1]];
          const covering = here.filter((it) => it.start <= from && it.end >= to);
          const piece = value.slice(from, to);
          const level = Math.max(-1, ...covering.map((it) => SEVERITY.indexOf(it.level)));
          // The indentation is not a part of what is marked.
          const indent = from === start ? piece.length - piece.trimStart().length : 0;
          if (indent > 0) row.append(piece.slice(0, indent));
          const rest = piece.slice(indent);
          row.append(level < 0 ? rest : make("mark", { class: SEVERITY[level] }, rest));
        }
      }
      fragment.append(row);
      start = end + 1;
    }
    back.replaceChildren(fragment);
  };

  /** Selects a statement in the text, and shows it. */
  const go = (place) => {
    mark([...marks.filter((it) => it.level !== "focus"), { ...place, level: "focus" }]);
    text.focus({ preventScroll: true });
    text.setSelectionRange(place.start, place.end);
    $("back").querySelector("mark.focus")?.scrollIntoView({ block: "center" });
  };

  const placeLinks = (places, what) =>
    places.map((place) =>
      held === null
        ? make("button", { type: "button", class: "place", onclick: () => go(place) }, ...rich(`${what}, line ${place.line}`))
        : make("details", {}, make("summary", {}, ...rich(`${what}, line ${place.line}`)), make("pre", { tabindex: "0", "aria-label": "Statement" }, excerpt(place))));

  const excerpt = ({ start, end }) => {
    const piece = held.whole.slice(start, Math.min(end, start + 4000));
    return end - start > 4000 ? `${piece} …` : piece;
  };

  // ---- What is stated.

  const words = (value) => value.split(/\s+/).filter((word) => word !== "");
  const rows = (value) => value.split("\n").map((row) => row.trim()).filter((row) => row !== "");

  const question = () => ({
    file: held && typeof held.document !== "string" ? held.name : fileName,
    principals: words($("principals").value),
    external_ids: words($("external_ids").value),
    targets: words($("targets").value),
    allow: rows($("allow").value),
    parameters: rows($("parameters").value),
    role: $("role").value === "" ? null : $("role").value,
    ...Object.fromEntries(SWITCHES.map((field) => [field, $(field).checked])),
  });

  const state = (stated) => {
    for (const field of FIELDS) $(field).value = stated[field] ?? "";
    for (const field of SWITCHES) $(field).checked = stated[field] === true;
    $("more").open = FIELDS.slice(3).some((field) => $(field).value !== "") || SWITCHES.some((field) => $(field).checked);
    chooseRole([], stated.role ?? "");
  };

  const chooseRole = (names, wanted) => {
    // A role that was asked for stays the one that is asked for, also where the document has none of this name.
    const isThere = wanted === "" || names.some(({ name }) => name === wanted);
    const all = isThere ? names : [{ name: wanted, shown: shown(wanted) }, ...names];
    const options = [{ name: "", shown: "All roles" }, ...all].map(({ name, shown }) => {
      const option = make("option", { value: name }, shown);
      option.selected = name === wanted;
      return option;
    });
    $("role").replaceChildren(...options);
    $("role-choice").hidden = all.length < 2 && wanted === "";
  };

  // ---- The prover: a thread of its own, which is ended where it takes too long or breaks.

  let module = null;
  let worker = null;
  let asked = 0;
  let pending = null;
  // Until it is asked, and until the answer before is taken away; none is 0.
  let timer = 0;
  let grace = 0;
  let deadline = 0;
  // Why this browser has no prover at all.
  let broken = null;
  // Count what changes the document or what is stated, and what changes the document: who waited for something sees whether it is
  // still wanted.
  let turn = 0;
  let documents = 0;

  // Where the browser guards what becomes a script, this is the one script that the page makes: its own.
  const source = URL.createObjectURL(new Blob([$("worker-source").textContent], { type: "text/javascript" }));
  const guard = window.trustedTypes?.createPolicy("rolecall-worker", {
    createScriptURL: (url) => {
      if (url !== source) throw new TypeError("not the page's own worker");
      return url;
    },
  });

  /** Starts a thread. One that fails is not started again by itself: the next question starts another. */
  const launch = () => {
    worker?.terminate();
    worker = null;
    let isReady = false;
    let own;
    const failed = () => {
      if (worker !== own) return;
      worker = null;
      own?.terminate();
      // The first thread may fail before anything was asked; the first question tries once more.
      if (pending === null) return;
      stopped(isReady
        ? "The prover stopped with a fault, so nothing was decided. A very large document may have needed more memory than a browser gives; otherwise this is a bug in rolecall: please report it with a document that you can share."
        : "The prover cannot start here, so nothing was decided. The browser or the server of the page may forbid its thread (`worker-src`), or there is too little memory. `rolecall prove FILE` decides the same.");
    };
    try {
      own = new Worker(guard ? guard.createScriptURL(source) : source);
    } catch {
      own = null;
      failed();
      return;
    }
    worker = own;
    own.onmessage = ({ data }) => {
      if (worker !== own) return;
      if (data.ready) isReady = true;
      // An answer to what was asked before the last change is no answer.
      else if (data.number === pending?.number && timer === 0) answered(data.answer);
    };
    own.onerror = (event) => {
      event.preventDefault();
      failed();
    };
    if (module !== null) own.postMessage({ module });
  };

  /** From the change on, and not only from the question on: the answer to what is there is still to come. */
  const expect = () => document.body.classList.add("busy");

  /** Nothing is asked any more. */
  const cancel = () => {
    clearTimeout(timer);
    clearTimeout(grace);
    timer = 0;
    grace = 0;
    if (pending !== null) {
      worker?.terminate();
      worker = null;
    }
    settle();
  };

  /** Takes away the answer to what is not there any more. */
  const outdate = () => {
    clearTimeout(grace);
    grace = 0;
    if (broken !== null) verdict("unknown", "Unknown", broken);
    else verdict("none", module === null ? "The prover is loading." : "Proving …");
    $("roles").replaceChildren();
    $("after").hidden = true;
    $("json").textContent = "";
    $("command").textContent = "";
    $("copy-json").onclick = null;
    $("time").textContent = "";
    if (held === null) mark([]);
    unshare();
  };

  /** Another document comes, and nothing that was said of the one before stays. Answers with the number of the one to come. */
  const leave = () => {
    turn += 1;
    documents += 1;
    cancel();
    outdate();
    return documents;
  };

  /** Every change passes here. Of another document nothing that was said of the one before stays. */
  const ask = (wait = 0, isOther = false) => {
    if (isOther) {
      leave();
    } else {
      turn += 1;
      clearTimeout(timer);
      unshare();
      if (grace === 0) grace = setTimeout(outdate, GRACE);
    }
    expect();
    timer = setTimeout(send, wait);
  };

  const send = () => {
    clearTimeout(timer);
    timer = 0;
    if (module === null) {
      if (broken !== null) settle();
      return;
    }
    // A question that is under way is about a text that nobody has any more.
    if (pending !== null) {
      settle();
      launch();
    }
    asked += 1;
    pending = { number: asked, at: performance.now() };
    deadline = setTimeout(() => stopped(`The prover gave no answer within ${PATIENCE / 1000} seconds. \`rolecall prove FILE\` has no such limit.`), PATIENCE);
    expect();
    if (worker === null) launch();
    // Where it could not be started, that was said.
    worker?.postMessage({ number: asked, head: JSON.stringify(question()), document: held === null ? text.value : held.document });
  };

  const settle = () => {
    clearTimeout(deadline);
    const took = performance.now() - (pending?.at ?? performance.now());
    pending = null;
    document.body.classList.remove("busy");
    return took;
  };

  const answered = (answer) => {
    const took = settle();
    clearTimeout(grace);
    grace = 0;
    try {
      show(JSON.parse(answer));
    } catch {
      stopped("The prover's answer cannot be read. This is a bug in rolecall; please report it.");
      return;
    }
    document.body.dataset.first ??= String(Math.round(performance.now()));
    document.body.dataset.answers = String(asked);
    $("time").textContent = `answered in ${took.toFixed(took < 10 ? 1 : 0)} ms on this machine`;
  };

  const stopped = (message) => {
    worker?.terminate();
    worker = null;
    settle();
    outdate();
    show({ state: "stopped", message });
    document.body.dataset.answers = String(asked);
  };

  // ---- What is shown.

  const WORDS = { proved: ["✓", "Proved"], refuted: ["✗", "Refuted"], unknown: ["?", "Unknown"] };

  const verdict = (kind, word, sentence, heldTo) => {
    const [sign, name] = WORDS[kind] ?? ["·", word];
    const parts = [make("p", { class: "word" }, make("span", { class: "sign", "aria-hidden": "true" }, sign), ` ${word ?? name}`)];
    if (sentence) parts.push(make("p", {}, ...rich(sentence)));
    if (heldTo) parts.push(heldTo);
    const place = $("verdict");
    const said = [kind, word, sentence, heldTo?.textContent].join("\n");
    // A live region that says the same again is not read out again.
    if (place.dataset.said === said) return;
    place.dataset.said = said;
    place.className = kind;
    place.replaceChildren(...parts);
  };

  /** What was stated is a part of the verdict: whoever reads one reads the other. */
  const heldToList = (all) => {
    if (all.length === 0) return make("p", { class: "stated" }, "Nothing was stated: held to what the document itself says.");
    const list = all.flatMap(({ what, values }, index) => [
      index > 0 ? "; " : "", values.length ? `${what} ` : what,
      ...values.flatMap((value, index) => [index > 0 ? ", " : "", make("code", {}, value)]),
    ]);
    return make("p", { class: "stated" }, "Held to: ", ...list, ".");
  };

  const number = (count, one, many) => `${count} ${count === 1 ? one : many}`;

  const LEVEL = { error: "error", warning: "warning", note: "note" };

  const claimItem = (claim) => {
    const [sign, word] = WORDS[claim.result];
    return make("li", { class: `claim ${claim.result}` },
      make("p", { class: "head" }, make("span", { class: "badge" }, make("span", { "aria-hidden": "true" }, sign), ` ${word.toLowerCase()}`), make("span", {}, ...rich(claim.claim))),
      ...claim.because.map((reason) => make("p", { class: "because" }, ...rich(reason))),
      claim.marks.length ? make("p", { class: "places" }, ...placeLinks(claim.marks, "Statement")) : null,
      claim.request ? more("The request that breaks the claim", claim.request) : null,
      claim.explanation ? more("Why the documents allow or deny it", claim.explanation) : null);
  };

  const findingItem = (finding) =>
    make("li", { class: `finding ${LEVEL[finding.severity] ?? "note"}` },
      make("p", { class: "head" }, make("span", { class: "badge" }, `${finding.id} ${finding.severity}`), make("span", {}, ...rich(finding.message))),
      make("p", {}, make("b", {}, "Why: "), ...rich(finding.why)),
      make("p", {}, make("b", {}, "Fix: "), ...rich(finding.fix)),
      make("p", { class: "places" },
        ...(finding.marks.length ? placeLinks(finding.marks, finding.place ?? "Statement") : finding.place ? [make("span", {}, ...rich(finding.place))] : []),
        finding.reference.startsWith("https://") ? make("a", { href: finding.reference, rel: "noreferrer noopener", target: "_blank" }, "AWS or vendor documentation (leaves this page)") : null),
      finding.request ? more("A request that shows it", finding.request) : null);

  const more = (title, content) => make("details", {}, make("summary", {}, title), make("pre", { tabindex: "0", "aria-label": title }, content));

  const roleItem = (role) => {
    const parts = [];
    // Below the role's name, where it has one.
    const heading = (words) => make(role.role === null ? "h3" : "h4", { class: "part" }, words);
    if (role.role !== null) {
      const [sign] = WORDS[role.result];
      parts.push(make("h3", { class: role.result }, make("span", { class: "badge" }, make("span", { "aria-hidden": "true" }, sign), ` ${role.verdict}`), " ", make("span", { class: "name" }, role.role)));
    }
    if (role.findings.length) parts.push(heading("Findings"), make("ul", {}, ...role.findings.map(findingItem)));
    parts.push(heading("Claims"), make("ul", {}, ...role.claims.map(claimItem)));
    if (role.notes.length) parts.push(heading("Notes"), make("ul", { class: "notes" }, ...role.notes.map((note) => make("li", {}, ...rich(note)))));
    return make("article", {}, ...parts);
  };

  const faults = (list) => {
    for (const field of FIELDS) {
      const own = list.filter((fault) => fault.field === field).map((fault) => fault.message);
      $(`${field}-fault`).textContent = own.join("; ");
      $(field).setAttribute("aria-invalid", own.length > 0 ? "true" : "false");
      if (own.length && FIELDS.indexOf(field) > 2) $("more").open = true;
    }
  };

  const show = (page) => {
    const roles = [];
    let wanted = [];
    faults(page.state === "stated" ? page.faults : []);
    $("after").hidden = page.state !== "decided";
    switch (page.state) {
      case "empty":
        verdict("none", "No document yet", "Paste one, open a file, or choose an example.");
        break;
      case "stated":
        verdict("none", "Not decided", `What the role is for cannot be read: ${page.faults.map((fault) => fault.message).join("; ")}`);
        break;
      case "unreadable":
        verdict("none", "Cannot be read", page.message);
        wanted = page.marks.map((it) => ({ ...it, level: "error" }));
        if (page.marks.length) roles.push(make("p", { class: "places" }, ...placeLinks(page.marks, "The place")));
        if (page.names.length) chooseRole(page.names, $("role").value);
        break;
      case "decided":
        wanted = decided(page, roles);
        break;
      default:
        verdict("unknown", "Unknown", page.message);
    }
    $("roles").replaceChildren(...roles);
    if (held === null) mark(wanted);
  };

  /** Shows the proofs; gives back what is to be marked. */
  const decided = (page, roles) => {
    const [proved, refuted, unknown] = page.counts;
    const total = proved + refuted + unknown;
    const all = page.roles;
    const claims = [...page.claims, ...all.flatMap((role) => role.claims)];
    const of = (result) => claims.filter((claim) => claim.result === result).length;
    const findings = all.flatMap((role) => role.findings).length;
    const counted = total > 1
      ? `${page.kind} with ${number(total, "role", "roles")}: ${[[refuted, "refuted"], [unknown, "unknown"], [proved, "proved"]].filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).join(", ")}.`
      : `${page.kind}: ${[[of("refuted"), "refuted"], [of("unknown"), "unknown"], [of("proved"), "proved"]].filter(([count]) => count > 0).map(([count, word]) => `${number(count, "claim", "claims")} ${word}`).join(", ")}${findings ? `, ${number(findings, "finding", "findings")}` : ""}.`;
    verdict(page.result, page.verdict[0].toUpperCase() + page.verdict.slice(1), counted, heldToList(page.held_to));
    if (page.claims.length) roles.push(make("article", {}, make("h3", { class: "part" }, "The document as a whole"), make("ul", {}, ...page.claims.map(claimItem))));
    roles.push(...all.map(roleItem));
    if (all.length < total) roles.push(make("p", { class: "help" }, `${all.length} of ${total} roles are shown, most severe first. The answer as JSON has all of them.`));
    chooseRole(page.names, $("role").value);
    $("command").textContent = page.command ?? "";
    $("command-row").hidden = page.command === null;
    $("command-long").hidden = page.command !== null;
    const isLong = page.json.length > 100_000;
    $("json").textContent = isLong ? `${page.json.slice(0, 100_000)}\n… (copy it for the rest)` : page.json;
    $("copy-json").onclick = (event) => copy(page.json, event.target);
    return all.flatMap((role) => [
      ...role.claims.filter((claim) => claim.result === "refuted").flatMap((claim) => claim.marks.map((it) => ({ ...it, level: "error" }))),
      ...role.findings.flatMap((finding) => finding.marks.map((it) => ({ ...it, level: LEVEL[finding.severity] ?? "note" }))),
    ]);
  };

  // ---- Links: the document behind the `#`, which a browser does not send.

  const stated = () => {
    const all = { text: text.value };
    for (const field of FIELDS) if ($(field).value !== "") all[field] = $(field).value;
    for (const field of SWITCHES) if ($(field).checked) all[field] = true;
    if ($("role").value !== "") all.role = $("role").value;
    return all;
  };

  const toBase64 = (bytes) => {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };

  const fromBase64 = (base64) => {
    const binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  };

  /** All bytes of a stream, but not more than so many. */
  const collect = async (stream, limit) => {
    const pieces = [];
    let size = 0;
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw new RangeError("too long");
      }
      pieces.push(value);
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  };

  const through = (bytes, stream) => new Blob([bytes]).stream().pipeThrough(stream);

  const unshare = () => {
    $("shared").hidden = true;
    $("link").value = "";
    $("link").placeholder = "";
  };

  const makeLink = async () => {
    const mine = turn;
    const plain = new TextEncoder().encode(JSON.stringify(stated()));
    const packs = "CompressionStream" in window;
    const bytes = packs ? await collect(through(plain, new CompressionStream("deflate-raw")), LARGEST) : plain;
    if (mine !== turn) return;
    const link = `${location.href.split("#")[0]}#${packs ? "z" : "p"}.${toBase64(bytes)}`;
    $("shared").hidden = false;
    if (link.length > LONGEST_LINK) {
      $("link").value = "";
      $("link").placeholder = `too long for a link: ${link.length.toLocaleString("en")} characters`;
      return;
    }
    $("link").value = link;
    $("link").focus();
    $("link").select();
  };

  /** Takes what a link carries. It comes from somebody else, so nothing in it may be out of sight. */
  const follow = async () => {
    const found = /^#([zp])\.([A-Za-z0-9_-]+)$/.exec(location.hash);
    if (found === null) return false;
    const mine = leave();
    expect();
    let all;
    try {
      const bytes = fromBase64(found[2]);
      const plain = found[1] === "z" ? await collect(through(bytes, new DecompressionStream("deflate-raw")), UNFOLDED) : bytes;
      all = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain));
      const isText = (value) => value === undefined || typeof value === "string";
      if (typeof all.text !== "string" || ![...FIELDS, "role"].every((field) => isText(all[field]))) throw new TypeError("not a link of this page");
    } catch {
      all = null;
    }
    if (mine !== documents) return true;
    state({});
    $("from-link").hidden = true;
    if (all === null) {
      refuse("the link does not carry a document of this page; it may have been cut");
    } else if (all.text.length > EDITED) {
      refuse(`the link carries a document of more than ${EDITED.toLocaleString("en")} characters, which the page could not show`);
    } else {
      const tidy = Object.fromEntries(FIELDS.map((field, index) =>
        [field, index < 3 ? words(all[field] ?? "").join(" ") : rows(all[field] ?? "").join("\n")]));
      state({ ...tidy, role: all.role, ...Object.fromEntries(SWITCHES.map((field) => [field, all[field]])) });
      edit(all.text, null);
      $("from-link").hidden = false;
      $("linked-lines").textContent = number(all.text.split("\n").length, "line", "lines");
    }
    return true;
  };

  const copy = async (content, button) => {
    const before = button.textContent;
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(content);
    } catch {
      said = "Not allowed";
    }
    button.textContent = said;
    setTimeout(() => { button.textContent = before; }, 1500);
  };

  // ---- Events.

  text.addEventListener("input", () => {
    fileName = null;
    $("from-link").hidden = true;
    if (text.value.length > EDITED) {
      hold("The pasted text", text.value);
      return;
    }
    // What was marked is of the text before.
    mark([]);
    documents += 1;
    ask(80);
  });
  text.addEventListener("paste", (event) => {
    const pasted = event.clipboardData?.getData("text") ?? "";
    // Another document has other roles.
    if (text.selectionEnd - text.selectionStart === text.value.length) chooseRole([], "");
    if (pasted.length > EDITED) {
      event.preventDefault();
      $("from-link").hidden = true;
      chooseRole([], "");
      hold("The pasted text", pasted);
    }
  });
  for (const field of FIELDS) {
    $(field).addEventListener("input", () => {
      $("from-link").hidden = true;
      ask(150);
    });
  }
  for (const field of [...SWITCHES, "role"]) $(field).addEventListener("change", () => ask());
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    const files = [...$("file").files];
    $("file").value = "";
    if (files.length === 0) return;
    $("from-link").hidden = true;
    open(files);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    $("from-link").hidden = true;
    open(files);
  });
  const clear = () => {
    state({});
    $("from-link").hidden = true;
    edit("", null);
    text.focus();
  };
  $("clear").addEventListener("click", clear);
  $("release").addEventListener("click", clear);
  $("share").addEventListener("click", makeLink);
  $("copy-link").addEventListener("click", (event) => copy($("link").value, event.target));
  $("copy-command").addEventListener("click", (event) => copy($("command").textContent, event.target));
  window.addEventListener("hashchange", follow);

  // ---- The beginning: an example, or what the link carries.

  const examples = JSON.parse($("examples-data").textContent);
  for (const example of examples) {
    $("examples").append(make("button", {
      type: "button",
      onclick: () => {
        state(example);
        $("from-link").hidden = true;
        edit(example.text, null);
      },
    }, example.title));
  }

  const begin = async () => {
    // The thread starts and the text is laid out while the module is unpacked and compiled.
    launch();
    const compiled = (async () => {
      const packed = fromBase64($("module-data").textContent);
      const unpacked = new Response(through(packed, new DecompressionStream("gzip")));
      return WebAssembly.compile(await unpacked.arrayBuffer());
    })();
    const linked = follow().then((isLinked) => {
      if (isLinked) return;
      state(examples[0]);
      edit(examples[0].text, null);
    });
    try {
      [module] = await Promise.all([compiled, linked]);
    } catch (error) {
      broken = `This browser cannot run the prover: ${error.message}`;
      settle();
      outdate();
      return;
    }
    worker?.postMessage({ module });
    if (held !== null || text.value !== "") send();
  };
  begin();
})();
