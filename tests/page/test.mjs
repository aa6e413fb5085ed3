// The page in a real browser: what it answers, that it asks nobody, that everybody can use it, and what it withstands.
// Run by tests/page/run. Nothing here depends on the speed of the machine; times are printed, not judged.

import assert from "node:assert/strict";
import { readFileSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "target/page-tools/package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const built = join(root, "target/page/index.html");
const html = readFileSync(built);
const shots = join(root, "target/page-shots");
mkdirSync(shots, { recursive: true });
// What a step may take before the test gives up; not a claim about speed.
const PATIENCE = 120_000;

// What was asked of the server, by whomever.
const served = [];
const server = createServer((request, response) => {
  served.push(request.url);
  // The page behind a server that forbids threads.
  if (request.url === "/forbidden/index.html") {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": "worker-src 'none'" });
    response.end(html);
    return;
  }
  response.writeHead(request.url === "/prove/index.html" ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
  response.end(request.url === "/prove/index.html" ? html : "");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const address = `http://127.0.0.1:${server.address().port}/prove/index.html`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** A page in a browser of its own, with everything that it asked for and said. */
async function open(where = address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const requests = [];
  const complaints = [];
  context.on("request", (request) => requests.push(request.url()));
  if (options.before) await context.addInitScript(options.before);
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(where);
  await page.waitForFunction(() => document.body.dataset.first !== undefined);
  return { context, page, requests, complaints };
}

/** Does something, and waits for the answer to it. */
async function answered(page, act) {
  const before = Number(await page.evaluate(() => document.body.dataset.answers ?? "0"));
  await act();
  await page.waitForFunction((before) => Number(document.body.dataset.answers) > before && !document.body.classList.contains("busy"), before);
}

const verdict = (page) => page.locator("#verdict .word").innerText();
const fill = (page, text) => answered(page, () => page.locator("#text").fill(text));
const example = (page, title) => answered(page, () => page.getByRole("button", { name: title, exact: true }).click());
const selection = (page) => page.evaluate(() => {
  const text = document.getElementById("text");
  return text.value.slice(text.selectionStart, text.selectionEnd);
});
const marked = (page) => page.evaluate(() => [...document.querySelectorAll("#back mark")].map((mark) => mark.textContent).join("\n"));

/** Before the page's script: questions stay with the page while `holding` is set, as if the prover took very long. */
const holding = () => {
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message, ...rest) {
    if (message.module === undefined && window.holding) return undefined;
    return post.call(this, message, ...rest);
  };
};
/** Waits until nothing of an answer is to be seen. */
const outdated = async (page) => {
  await page.waitForFunction(() => document.getElementById("verdict").textContent.includes("Proving …"));
  const left = await page.evaluate(() => [document.getElementById("verdict").className, ...["roles", "json", "command"].map((id) => document.getElementById(id).textContent), document.getElementById("after").hidden]);
  assert.deepEqual(left, ["none", "", "", "", true]);
};
const linkTo = (all, text = {}) => `p.${Buffer.from(JSON.stringify({ ...all, ...text })).toString("base64url")}`;
const follow = (page, all) => answered(page, () => page.evaluate((hash) => { location.hash = hash; }, linkTo(all)));
const CORRECT = "Correct role for Genesys Cloud";

const OPEN = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" }] }, null, 2);

const tests = {
  async "the page and what it needs are one file of less than 1 MB"() {
    const packed = gzipSync(html, { level: 9 }).length;
    assert.ok(packed < 1_000_000 && html.length < 1_000_000, `${packed} of ${html.length} bytes`);
    console.log(`  ${html.length} bytes, ${packed} compressed`);
  },

  async "the first answer is there without a click, and the times are told"() {
    for (const where of [address, pathToFileURL(built).href]) {
      const { context, page, requests, complaints } = await open(where);
      assert.match(await verdict(page), /Refuted/);
      const times = await page.evaluate(() => ({
        first: Number(document.body.dataset.first),
        loaded: Math.round(performance.getEntriesByType("navigation")[0].loadEventEnd),
        answer: document.getElementById("time").textContent,
      }));
      console.log(`  ${new URL(where).protocol} first answer ${times.first} ms after the navigation began, ${times.first - times.loaded} ms after the page was loaded; ${times.answer}`);
      assert.deepEqual(complaints, []);
      assert.deepEqual(requests.filter((url) => !url.startsWith("blob:") && !url.startsWith("data:")), [where]);
      await context.close();
    }
  },

  async "nothing is requested while one types, chooses, marks and shares, and all of it works offline"() {
    const { context, page, requests, complaints } = await open();
    await context.setOffline(true);
    const before = page.url();
    await fill(page, OPEN);
    assert.match(await verdict(page), /Refuted/);
    await page.locator("#principals").pressSequentially("765628985471");
    await answered(page, () => page.locator("#external_ids").fill("a-tenant"));
    for (const title of ["Correct role for Genesys Cloud", "CloudFormation template", "Terraform plan"]) await example(page, title);
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.waitForFunction(() => document.getElementById("link").value !== "");
    assert.equal(page.url(), before, "the address bar stays as it is");
    assert.deepEqual(requests.filter((url) => url !== address && !url.startsWith("blob:") && !url.startsWith("data:")), []);
    assert.deepEqual(complaints, []);
    const stored = await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length, history.length]);
    assert.deepEqual(stored.slice(0, 3), ["", 0, 0]);
    await context.close();
  },

  async "the browser refuses every connection, script and markup that is not the page's own"() {
    const { context, page } = await open();
    served.length = 0;
    const outcome = await page.evaluate(async (address) => {
      const blocked = [];
      document.addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
      const refused = async (act) => { try { await act(); return false; } catch { return true; } };
      const result = {
        fetch: await refused(() => fetch(address)),
        beacon: await refused(() => { if (!navigator.sendBeacon(address, "x")) throw 0; }),
        request: await refused(() => new Promise((done, failed) => { const it = new XMLHttpRequest(); it.onload = done; it.onerror = failed; it.open("GET", address); it.send(); })),
        socket: await refused(() => new Promise((done, failed) => { const it = new WebSocket(address.replace("http", "ws")); it.onopen = done; it.onerror = failed; })),
        image: await refused(() => new Promise((done, failed) => { const it = new Image(); it.onload = done; it.onerror = failed; it.src = `${address}?image`; })),
        markup: await refused(() => { document.createElement("div").innerHTML = "<b>x</b>"; }),
        evaluation: await refused(() => (0, eval)("1")),
      };
      const script = document.createElement("script");
      try { script.textContent = "document.body.dataset.owned = 'yes'"; document.body.append(script); } catch { /* refused */ }
      const form = document.createElement("form");
      form.action = `${address}?form`;
      document.body.append(form);
      const refusal = new Promise((done) => document.addEventListener("securitypolicyviolation", (event) => event.effectiveDirective === "form-action" && done()));
      form.submit();
      await refusal;
      return { ...result, owned: document.body.dataset.owned ?? "no", blocked };
    }, address);
    const { owned, blocked, beacon, ...others } = outcome;
    assert.equal(owned, "no");
    assert.deepEqual(Object.entries(others).filter(([, refused]) => !refused), []);
    for (const directive of ["connect-src", "img-src", "require-trusted-types-for", "form-action"]) assert.ok(blocked.includes(directive), `${directive} in ${blocked}`);
    assert.deepEqual(served, []);
    await context.close();
  },

  async "the module imports nothing"() {
    const { context, page } = await open();
    const imports = await page.evaluate(async () => {
      const packed = Uint8Array.from(atob(document.getElementById("module-data").textContent), (letter) => letter.charCodeAt(0));
      const bytes = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
      return WebAssembly.Module.imports(await WebAssembly.compile(bytes));
    });
    assert.deepEqual(imports, []);
    await context.close();
  },

  async "typing changes the verdict"() {
    const { context, page } = await open();
    await example(page, "Correct role for Genesys Cloud");
    assert.match(await verdict(page), /Proved/);
    await fill(page, (await page.locator("#text").inputValue()).replace("StringEquals", "StringLike").replace("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94", "5f6b*"));
    assert.match(await verdict(page), /Refuted/);
    await fill(page, "{");
    assert.match(await verdict(page), /Cannot be read/);
    await answered(page, () => page.getByRole("button", { name: "Clear" }).click());
    assert.match(await verdict(page), /No document yet/);
    await example(page, "Correct role for Genesys Cloud");
    await answered(page, () => page.locator("#external_ids").fill("another-id"));
    assert.match(await verdict(page), /Refuted/);
    await answered(page, () => page.locator("#principals").fill("nobody"));
    assert.match(await verdict(page), /Not decided/);
    assert.match(await page.locator("#principals-fault").innerText(), /`nobody`: /);
    assert.equal(await page.locator("#principals").getAttribute("aria-invalid"), "true");
    await context.close();
  },

  async "every example has its verdict, and the answer of the command"() {
    const { context, page } = await open();
    const expected = {
      "Second statement without an external ID": "Refuted", "Correct role for Genesys Cloud": "Proved", "Wildcard principal": "Refuted",
      "StringLike on the external ID": "Refuted", "Permissions with lambda:*": "Refuted", "CloudFormation template": "Refuted",
      "Terraform plan": "Unknown",
    };
    const titles = await page.locator("#examples button").allInnerTexts();
    assert.deepEqual(titles, Object.keys(expected));
    for (const [title, word] of Object.entries(expected)) {
      await example(page, title);
      assert.match(await verdict(page), new RegExp(word), title);
      const json = JSON.parse(await page.locator("#json").textContent());
      assert.equal(json.result, word.toLowerCase(), title);
      assert.match(await page.locator("#command").textContent(), /^rolecall prove policy\.json/);
    }
    await context.close();
  },

  async "the statement is marked and selected as it is, whatever letters stand before it"() {
    const { context, page } = await open();
    const statement = (sid) => `{"Sid": "${sid}", "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}`;
    const open_ = statement("<img src=x onerror=alert(1)>é注😀");
    const text = `{"Version": "2012-10-17", "Statement": [\n  {"Sid": "😀 é 注", "Effect": "Deny", "Principal": "*", "Action": "sts:TagSession"},\n  ${open_}\n]}`;
    await fill(page, text);
    assert.ok((await marked(page)).includes(open_));
    await page.locator(".finding", { hasText: "T10" }).locator(".place").click();
    assert.equal(await selection(page), open_);
    // The mark lies where the text lies: the same first letter at the same place.
    const [mark, box] = await page.evaluate(() => {
      const mark = document.querySelector("#back mark").getBoundingClientRect();
      const field = document.getElementById("text").getBoundingClientRect();
      const back = document.getElementById("back").getBoundingClientRect();
      return [mark.width > 0 && mark.height > 0, Math.abs(field.height - back.height) + Math.abs(field.width - back.width)];
    });
    assert.ok(mark && box === 0, `${mark} ${box}`);
    // In a file of Terraform the document is text in text, and a template computes.
    for (const title of ["CloudFormation template"]) {
      await example(page, title);
      assert.match(await marked(page), /Sid: Logs/, title);
    }
    await example(page, "Terraform plan");
    await fill(page, (await page.locator("#text").inputValue()).replaceAll("arn:aws:iam::765628985471:root", "*"));
    await page.locator(".finding", { hasText: "T10" }).locator(".place").click();
    const inner = JSON.parse(JSON.parse(`"${await selection(page)}"`));
    assert.deepEqual(inner.Principal, { AWS: ["*"] });
    await context.close();
  },

  async "what a document says is shown as text"() {
    const { context, page, complaints } = await open();
    const evil = "</script><img src=x onerror=document.body.dataset.owned=1><b>\u202ebold";
    const role = { RoleName: "R", Arn: "arn:aws:iam::123456789012:role/R", AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Sid: evil, Effect: "Allow", Principal: "*", Action: "sts:AssumeRole" }] } };
    await fill(page, JSON.stringify({ Roles: [role, { ...role, RoleName: evil, Arn: evil }] }));
    await answered(page, () => page.locator("#principals").fill("<img/src=x>"));
    const found = await page.evaluate(() => [document.body.dataset.owned ?? null, document.querySelectorAll("main img, main b:not(p > b)").length, document.getElementById("result").innerText.includes("\u202e")]);
    assert.deepEqual(found, [null, 0, false]);
    assert.match(await page.locator("#principals-fault").innerText(), /<img\/src=x>/);
    await fill(page, JSON.stringify({ [evil]: 1 }).replace("}", ""));
    assert.deepEqual(complaints, []);
    await context.close();
  },

  async "a role of several is chosen"() {
    const { context, page } = await open();
    const role = (name, principal) => ({ RoleName: name, Arn: `arn:aws:iam::123456789012:role/${name}`, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": name === "good" ? "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94" : "0c2e7d55-1b9a-4f60-8d3c-7a1e5b9f4c21" } } }] } });
    await fill(page, JSON.stringify({ Roles: [role("good", { AWS: "arn:aws:iam::765628985471:root" }), role("bad", "*")] }));
    assert.match(await verdict(page), /Refuted/);
    assert.match(await page.locator("#verdict").innerText(), /2 roles: 1 refuted, 1 proved/);
    const options = await page.locator("#role option").allInnerTexts();
    assert.equal(options.length, 3);
    await answered(page, () => page.locator("#role").selectOption({ index: 1 }));
    assert.match(await verdict(page), /Proved/);
    assert.match(await page.locator("#command").textContent(), /--role /);
    // Of another document that is pasted over the whole text, no role is chosen.
    const chosen = () => page.locator("#role").inputValue();
    assert.notEqual(await chosen(), "");
    await page.locator("#text").selectText();
    await page.evaluate((text) => {
      const data = new DataTransfer();
      data.setData("text", text);
      document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, OPEN);
    assert.equal(await chosen(), "");
    await context.close();
  },

  async "a link carries the document and what is stated, and a broken one does no harm"() {
    const { context, page } = await open();
    await fill(page, OPEN.replace("sts:AssumeRole\"", "sts:AssumeRole\", \"Sid\": \"é注😀\""));
    await answered(page, () => page.locator("#principals").fill("765628985471"));
    const before = await page.locator("#text").inputValue();
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.waitForFunction(() => document.getElementById("link").value !== "");
    const link = await page.locator("#link").inputValue();
    assert.match(link, /^http:\/\/127\.0\.0\.1:\d+\/prove\/index\.html#z\.[A-Za-z0-9_-]+$/);
    const other = await open(link);
    assert.equal(await other.page.locator("#text").inputValue(), before);
    assert.equal(await other.page.locator("#principals").inputValue(), "765628985471");
    assert.match(await verdict(other.page), /Refuted/);
    assert.deepEqual(other.requests.filter((url) => url.startsWith("http") && url.includes("#") && url !== link), []);
    // A browser without the stream makes and reads the plain form.
    const plain = Buffer.from(JSON.stringify({ text: OPEN })).toString("base64url");
    await answered(other.page, () => other.page.evaluate((hash) => { location.hash = hash; }, `p.${plain}`));
    assert.equal(await other.page.locator("#text").inputValue(), OPEN);
    for (const hash of ["z.AAAA", "p.e30", "z.x", `p.${Buffer.from('{"text":1}').toString("base64url")}`]) {
      await other.page.evaluate((hash) => { location.hash = hash; }, hash);
      await other.page.waitForFunction(() => document.querySelector("#verdict .word").textContent.includes("Cannot be read"));
      // Nothing of the document before stays beside it.
      assert.equal(await other.page.locator("#text").inputValue(), "");
      await fill(other.page, OPEN);
    }
    await other.context.close();
    await context.close();
  },

  async "an answer does not stay beside a newer document"() {
    const { context, page } = await open(address, { before: holding });
    const prove = async () => {
      await page.evaluate(() => { window.holding = false; });
      await example(page, CORRECT);
      assert.match(await verdict(page), /Proved/);
      await page.evaluate(() => { window.holding = true; });
    };
    for (const act of [
      () => page.setInputFiles("#file", { name: "slow.json", mimeType: "application/json", buffer: Buffer.from(OPEN) }),
      () => page.setInputFiles("#file", { name: "slow.json", mimeType: "application/json", buffer: Buffer.from(OPEN + " ".repeat(300_000)) }),
      () => page.getByRole("button", { name: "Wildcard principal", exact: true }).click(),
      () => page.evaluate((hash) => { location.hash = hash; }, linkTo({ text: OPEN })),
      () => page.locator("#text").fill(OPEN),
      () => page.locator("#external_ids").fill("another"),
    ]) {
      await prove();
      await act();
      await outdated(page);
    }
    // At once, and not only after a while, where it is another document.
    await prove();
    await page.evaluate(() => document.querySelector("#examples button").click());
    assert.match(await verdict(page), /Proving/);
    await context.close();
  },

  async "what a link states is told beside the verdict, and nothing in it is out of sight"() {
    const { context, page } = await open();
    const text = await example(page, CORRECT).then(() => page.locator("#text").inputValue());
    assert.match(await page.locator("#verdict .stated").innerText(), /^Held to: trusted principals/);
    const all = {
      text, principals: `765628985471${" ".repeat(400)}999999999999`,
      allow: `s3:PutObject=arn:aws:s3:::a/*${"\n".repeat(300)}iam:*=*`, role: "",
    };
    await follow(page, all);
    assert.equal(await page.locator("#principals").inputValue(), "765628985471 999999999999");
    assert.equal(await page.locator("#allow").inputValue(), "s3:PutObject=arn:aws:s3:::a/*\niam:*=*");
    assert.match(await page.locator("#verdict .stated").innerText(), /Held to: trusted principals 765628985471, 999999999999; other permitted actions s3:PutObject=arn:aws:s3:::a\/\*, iam:\*=\*/);
    assert.match(await page.locator("#from-link").innerText(), /come from a link/);
    await fill(page, `${text} `);
    assert.equal(await page.locator("#from-link").isVisible(), false);
    // One role of several.
    const role = (name, principal) => ({ RoleName: name, AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: principal, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94" } } }] } });
    const roles = JSON.stringify({ Roles: [role("Good", { AWS: "arn:aws:iam::765628985471:root" }), role("Bad", "*")] });
    await follow(page, { text: `${roles}${"\n".repeat(3000)}`, role: "Good" });
    assert.match(await verdict(page), /Proved/);
    assert.match(await page.locator("#verdict .stated").innerText(), /only one role of 2 Good/);
    assert.match(await page.locator("#from-link").innerText(), /3001 lines/);
    await follow(page, { text });
    assert.match(await page.locator("#verdict .stated").innerText(), /Nothing was stated/);
    await follow(page, { text: text + " ".repeat(200_000) });
    assert.match(await page.locator("#verdict").innerText(), /Cannot be read[^]*200,000 characters/);
    assert.equal(await page.locator("#held").isVisible(), false);
    await context.close();
  },

  async "a file that cannot be read leaves no verdict, and a slow one replaces no document that was typed"() {
    const { context, page } = await open();
    const refused = async (act, said) => {
      await example(page, CORRECT);
      assert.match(await verdict(page), /Proved/);
      await answered(page, act);
      assert.match(await page.locator("#verdict").innerText(), said);
      assert.equal(await page.locator("#text").inputValue(), "");
      assert.equal(await page.locator("#after").isHidden(), true);
    };
    const drop = (change, names = ["a.json"]) => page.evaluate(([change, names, text]) => {
      const data = new DataTransfer();
      for (const name of names) data.items.add(new File([text], name));
      if (change === "reject") File.prototype.arrayBuffer = () => Promise.reject(new Error("a folder"));
      if (change === "large") Object.defineProperty(File.prototype, "size", { configurable: true, get: () => 65 * 1024 * 1024 });
      if (change === "slow") File.prototype.arrayBuffer = () => new Promise((done) => { window.finish = () => done(new TextEncoder().encode(text).buffer); });
      if (change === "question") document.querySelector("#examples button").click();
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
      if (change === "large") delete File.prototype.size;
    }, [change, names, OPEN]);
    await refused(() => drop("", ["a.json", "b.json"]), /Cannot be read[^]*2 files/);
    await refused(() => drop("question", ["a.json", "b.json"]), /Cannot be read[^]*2 files/);
    await refused(() => drop("large"), /Cannot be read[^]*more than/);
    await refused(() => drop("reject", ["a\u202eb.json"]), /Cannot be read[^]*a\\u202eb\.json[^]*does not give/);
    // The question that was under way when the message came says nothing later.
    await fill(page, OPEN);
    await example(page, CORRECT);
    await drop("slow");
    assert.match(await verdict(page), /Proving/);
    await answered(page, () => page.locator("#text").fill("{"));
    await page.evaluate(() => window.finish());
    await answered(page, () => page.locator("#text").fill(`${OPEN} `));
    assert.equal(await page.locator("#text").inputValue(), `${OPEN} `);
    assert.match(await page.locator("#verdict").innerText(), /Refuted/);
    // What is stated meanwhile is no other document: the file still comes.
    await example(page, CORRECT);
    await drop("slow");
    await answered(page, () => page.locator("#external_ids").fill("another"));
    await answered(page, () => page.evaluate(() => window.finish()));
    assert.equal(await page.locator("#text").inputValue(), OPEN);
    assert.match(await verdict(page), /Refuted/);
    await context.close();
  },

  async "a link is of the document that is there"() {
    const { context, page } = await open();
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.waitForFunction(() => document.getElementById("link").value !== "");
    await example(page, CORRECT);
    assert.equal(await page.locator("#shared").isVisible(), false);
    assert.equal(await page.locator("#link").inputValue(), "");
    // Another document while the link is made.
    await answered(page, () => page.evaluate(() => {
      document.getElementById("share").click();
      document.querySelector("#examples button").click();
    }));
    assert.equal(await page.locator("#shared").isVisible(), false);
    await page.getByRole("button", { name: "Make a link" }).click();
    await page.waitForFunction(() => document.getElementById("link").value !== "");
    await answered(page, () => page.getByRole("button", { name: "Clear" }).click());
    const left = await page.evaluate(() => [document.getElementById("link").value, document.getElementById("json").textContent, document.getElementById("command").textContent]);
    assert.deepEqual(left, ["", "", ""]);
    await context.close();
  },

  async "a prover that cannot start is told, and is not started again and again"() {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(() => {
      window.started = 0;
      const Real = window.Worker;
      window.Worker = class extends Real {
        constructor(...all) {
          window.started += 1;
          // A loop would not leave the page alive long enough to be counted.
          if (window.started > 20) throw new Error("again and again");
          super(...all);
        }
      };
    });
    const page = await context.newPage();
    await page.goto(address.replace("/prove/", "/forbidden/"));
    const told = () => page.waitForFunction(() => /Unknown[^]*cannot start here/.test(document.getElementById("verdict").textContent));
    await told();
    const started = await page.evaluate(() => window.started);
    assert.ok(started <= 2, `${started} starts`);
    await answered(page, () => page.locator("#text").fill("{}"));
    await told();
    const again = await page.evaluate(() => window.started);
    assert.ok(again <= 3, `${again} starts`);
    await context.close();
  },

  async "the keyboard is enough"() {
    const { context, page } = await open();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the verdict");
    const seen = [];
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press("Tab");
      const it = await page.evaluate(() => {
        const element = document.activeElement;
        const style = getComputedStyle(element);
        const frame = element.id === "text" ? getComputedStyle(document.getElementById("editor")) : style;
        if (element === document.body) return { what: "", visible: true };
        return { what: element.id || element.textContent.trim(), visible: frame.outlineStyle !== "none" };
      });
      if (it.what === "" || seen.includes(it.what)) continue;
      assert.ok(it.visible, `the focus on ${it.what} cannot be seen`);
      seen.push(it.what);
    }
    const order = ["check it", "open", "share", "clear", "Wildcard principal", "text", "principals", "external_ids", "targets"].map((what) => seen.indexOf(what));
    assert.ok(order.every((place) => place >= 0) && order.join() === [...order].sort((one, other) => one - other).join(), `${order} ${seen}`);
    // A finding leads to its statement, by keys alone.
    await page.locator(".finding .place").first().focus();
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "text");
    assert.match(await selection(page), /"Monitoring"/);
    // Typing goes on from there.
    await answered(page, () => page.keyboard.press("Delete"));
    await context.close();
  },

  async "400 px are enough, in light and in dark, and axe finds nothing"() {
    for (const [name, options] of Object.entries({
      light: {}, dark: { colorScheme: "dark" }, small: { viewport: { width: 400, height: 800 } },
      "small-dark": { viewport: { width: 320, height: 700 }, colorScheme: "dark" },
    })) {
      const { context, page } = await open(address, options);
      for (const title of ["Correct role for Genesys Cloud", "CloudFormation template", "Terraform plan", "Second statement without an external ID"]) {
        await example(page, title);
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(wide, 0, `${name}, ${title}: ${wide} px too wide`);
        const found = await page.evaluate(`(() => { ${axe}; return axe.run(document, { resultTypes: ["violations"] }); })()`)
          .then((result) => result.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`));
        assert.deepEqual(found, [], `${name}, ${title}`);
      }
      const dark = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      assert.equal(dark === "rgb(17, 22, 28)", name.includes("dark"), dark);
      await page.evaluate(() => scrollTo(0, 0));
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = false; }));
      await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
      await context.close();
    }
  },

  async "a large plan is proved while one types, and the page stays alive"() {
    const { context, page } = await open();
    const role = (index) => ({ address: `aws_iam_role.r${index}`, mode: "managed", type: "aws_iam_role", name: `r${index}`, provider_name: "registry.terraform.io/hashicorp/aws", values: { name: `r${index}`, description: "x".repeat(1000), assume_role_policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: index === 7 ? "*" : "arn:aws:iam::765628985471:root" }, Action: "sts:AssumeRole", Condition: { StringEquals: { "sts:ExternalId": `tenant-${index}` } } }] }) } });
    const roles = Array.from({ length: 2500 }, (_, index) => role(index));
    const plan = JSON.stringify({ format_version: "1.2", terraform_version: "1.11.4", planned_values: { root_module: { resources: roles } }, resource_changes: roles.map(({ values, ...rest }) => ({ ...rest, change: { actions: ["create"], before: null, after: values, after_unknown: {} } })), configuration: { root_module: { resources: roles.map(({ address, mode, type, name }) => ({ address, mode, type, name, expressions: {} })) } } });
    console.log(`  a plan of ${(plan.length / 1e6).toFixed(1)} MB`);
    assert.ok(plan.length > 7_000_000);
    await page.setInputFiles("#file", { name: "plan.json", mimeType: "application/json", buffer: Buffer.from(plan) });
    await page.waitForFunction(() => document.body.classList.contains("busy"));
    // While the file is read or the prover works, the page takes what one does. A new question ends the one that is under way.
    await page.locator("#external_ids").fill("tenant-3");
    assert.equal(await page.locator("#external_ids").inputValue(), "tenant-3");
    await page.waitForFunction(() => document.getElementById("verdict").innerText.includes("roles:") && !document.body.classList.contains("busy"));
    assert.match(await verdict(page), /Refuted/);
    assert.match(await page.locator("#roles").innerText(), /100 of 2500 roles are shown/);
    assert.match(await page.locator("#held").innerText(), /plan\.json/);
    assert.equal(await page.locator("#text").inputValue(), "");
    console.log(`  ${await page.locator("#time").innerText()}`);
    await page.locator(".finding details summary").first().click();
    assert.match(await page.locator(".finding details pre").first().innerText(), /sts:AssumeRole/);
    await answered(page, () => page.getByRole("button", { name: "Remove" }).click());
    assert.match(await verdict(page), /No document yet/);
    // Pasted text of 10 MB that is no document at all.
    await answered(page, () => page.evaluate(() => {
      const data = new DataTransfer();
      data.setData("text", "x".repeat(10_000_000));
      document.getElementById("text").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }));
    assert.match(await verdict(page), /Cannot be read/);
    await context.close();
  },

  async "files are read as they are"() {
    const { context, page } = await open();
    const give = (name, buffer) => answered(page, () => page.setInputFiles("#file", { name, mimeType: "application/json", buffer }));
    await give("windows.json", Buffer.from(`\ufeff${OPEN.replaceAll("\n", "\r\n")}`));
    assert.match(await verdict(page), /Refuted/);
    await page.locator(".finding .place").first().click();
    assert.match(await selection(page), /^\{[^]*"sts:AssumeRole"\s*\}$/);
    assert.match(await page.locator("#command").textContent(), /windows\.json/);
    await give("utf16.json", Buffer.from(`\ufeff${OPEN}`, "utf16le"));
    assert.match(await page.locator("#verdict").innerText(), /UTF-16/);
    await give("latin.json", Buffer.from([0x7b, 0xe9]));
    assert.match(await page.locator("#verdict").innerText(), /not UTF-8: byte 1/);
    await context.close();
  },

  async "deep nesting, repeated keys and empty text are told, and the prover lives on"() {
    const { context, page } = await open();
    const deep = (text) => page.locator("#verdict").innerText().then((said) => assert.match(said, text));
    for (const [document_, said] of [
      ["[".repeat(10_000) + "]".repeat(10_000), /recursion limit|nested deeper/],
      ['{"a":'.repeat(10_000) + "1" + "}".repeat(10_000), /recursion limit|nested deeper/],
      [`a: ${"[".repeat(10_000)}`, /nested too deep|not YAML/],
      [Array.from({ length: 200 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"), /nested too deep/],
      ['{"Statement": [], "Statement": []}', /given twice/],
      ["{'a': 1}", /not JSON/],
      ["   \n", /No document yet/],
    ]) {
      await fill(page, document_);
      await deep(said);
    }
    const inner = `{"Version":"2012-10-17","Statement":${'[{"a":'.repeat(60)}1${"}]".repeat(60)}}`;
    await fill(page, inner);
    await deep(/nested deeper|unknown|not a policy document/i);
    await fill(page, OPEN);
    assert.match(await verdict(page), /Refuted/);
    await context.close();
  },

  async "a trap is shown as unknown, and the next question is answered"() {
    // The module is replaced by one that ends with a trap, as a panic would end it, for one thread.
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE);
    await context.addInitScript(() => {
      const section = (id, ...bytes) => [id, bytes.length, ...bytes];
      const text = (text) => [text.length, ...new TextEncoder().encode(text)];
      const trap = new Uint8Array([
        0, 97, 115, 109, 1, 0, 0, 0,
        // Two types: a number to a number, nothing to a number. Three functions, and a page of memory.
        ...section(1, 2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f),
        ...section(3, 3, 0, 1, 1),
        ...section(5, 1, 0, 1),
        ...section(7, 4, ...text("memory"), 2, 0, ...text("rolecall_room"), 0, 0, ...text("rolecall_answer"), 0, 1, ...text("rolecall_answered"), 0, 2),
        // Each of them is `unreachable`.
        ...section(10, 3, 3, 0, 0, 11, 3, 0, 0, 11, 3, 0, 0, 11),
      ]);
      const post = Worker.prototype.postMessage;
      let first = true;
      Worker.prototype.postMessage = function (message, ...rest) {
        if (message.module && first) {
          first = false;
          return post.call(this, { module: new WebAssembly.Module(trap) }, ...rest);
        }
        return post.call(this, message, ...rest);
      };
    });
    const page = await context.newPage();
    await page.goto(address);
    await page.waitForFunction(() => document.getElementById("verdict").classList.contains("unknown"));
    assert.match(await page.locator("#verdict").innerText(), /Unknown[^]*stopped with a fault/);
    assert.equal(await page.locator("#after").isHidden(), true);
    await fill(page, OPEN);
    assert.match(await verdict(page), /Refuted/);
    await context.close();
  },
};

const wanted = process.argv.slice(2);
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  if (wanted.length && !wanted.some((word) => name.includes(word))) continue;
  try {
    console.log(name);
    await test();
  } catch (error) {
    failed += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}
await browser.close();
server.close();
console.log(failed === 0 ? "the page holds" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
