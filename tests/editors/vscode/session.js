// What somebody does in VS Code with a file of values, and what the window shows then, as JSON on standard output.
// node session.js ADDRESS FOLDER SETTINGS: where VS Code is served, the folder to open, the settings file of its machine.
"use strict";

const fs = require("fs");
const path = require("path");
const { chromium } = require("playwright-core");

const [address, folder, settings] = process.argv.slice(2);
const values = path.join(folder, "values.yaml");
const said = {};

const PROBLEM = ".markers-panel .monaco-list-row";
const UNDERLINED = ".squiggly-error";

const opened = (file) => {
  const payload = [["openFile", `vscode-remote://${new URL(address).host}${file}`]];
  return `${address}/?folder=${folder}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
};

async function session(page) {
  const several = (selector, count) =>
    page.waitForFunction(([s, n]) => document.querySelectorAll(s).length >= n, [selector, count]);
  // what a list shows is drawn anew at any time, so it is read where it is counted
  const listed = async (selector, count) => {
    const names = await page.waitForFunction(
      ([s, n]) => {
        const names = [...document.querySelectorAll(s)].map((row) => row.getAttribute("aria-label"));
        return names.length >= n && names;
      },
      [selector, count],
    );
    return names.jsonValue();
  };
  const none = (selector) => page.waitForFunction((s) => !document.querySelector(s), selector);
  const saved = async () => {
    const before = fs.readFileSync(values, "utf8");
    await page.keyboard.press("Control+S");
    for (let tries = 0; tries < 600 && fs.readFileSync(values, "utf8") === before; tries++) {
      await page.waitForTimeout(100);
    }
    return fs.readFileSync(values, "utf8");
  };
  const go = async (place) => {
    await page.keyboard.press("Control+G");
    await page.locator(".quick-input-widget input").fill(`:${place}`);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: "Go to line" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await page.locator(".monaco-editor.focused").waitFor();
  };
  const set = (change) =>
    fs.writeFileSync(settings, JSON.stringify({ ...JSON.parse(fs.readFileSync(settings, "utf8")), ...change }));

  await page.goto(opened(values));
  // a folder that nobody trusts yet has findings, too
  await page.getByText("Yes, I trust the authors").waitFor();
  await several(UNDERLINED, 2);
  await page.keyboard.press("Enter");
  await page.locator(".monaco-dialog-box").waitFor({ state: "detached" });

  await page.keyboard.press("Control+Shift+M");
  said.problems = await listed(PROBLEM, 4);
  await page.keyboard.press("Control+1");

  const hover = page.locator(".monaco-hover:visible", { hasText: "set by" });
  // what VS Code draws meanwhile may take a hover away: the mouse comes back
  for (let tries = 0; tries < 10 && !(await hover.isVisible()); tries++) {
    await page.mouse.move(0, 0);
    await page.locator(".view-line span", { hasText: /^\s*logLevel$/ }).last().hover();
    await hover.waitFor({ timeout: 3000 }).catch(() => undefined);
  }
  said.hover = await hover.innerText();

  await go("2:5");
  await page.keyboard.press("Control+.");
  said.actions = await listed(".action-widget .monaco-list-row.action", 1);
  await page.keyboard.press("Enter");
  await page.locator(".view-line", { hasText: "replicas" }).waitFor();

  said.saved = await saved();
  await none(UNDERLINED);

  await go("2:14");
  await page.keyboard.press("Enter");
  await page.keyboard.type("exposeG");
  await page.locator(".suggest-widget .monaco-list-row", { hasText: "exposeGossipAndRPCPorts" }).first().waitFor();
  said.completed = await listed(".suggest-widget .monaco-list-row", 1);
  await page.keyboard.press("Enter");
  await page.locator(".view-line", { hasText: "exposeGossipAndRPCPorts:" }).first().waitFor();
  await page.keyboard.press("Escape");
  said.written = await saved();

  await go("2:14");
  await page.keyboard.press("Enter");
  await page.keyboard.type("wrong: 1");
  await several(UNDERLINED, 1);

  const { "chartgen.command": command } = JSON.parse(fs.readFileSync(settings, "utf8"));
  set({ "chartgen.command": ["no-such-chartgen"] });
  const told = page.locator(".notification-list-item-message", { hasText: "does not start" });
  await told.waitFor();
  said.told = await told.innerText();
  await none(UNDERLINED);
  set({ "chartgen.command": command });
  await several(UNDERLINED, 1);
}

(async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.setDefaultTimeout(60000);
  try {
    await session(page);
  } catch (error) {
    await page.screenshot({ path: path.join(path.dirname(settings), "failed.png") });
    console.error(error.message);
    process.exitCode = 1;
  }
  await browser.close();
  console.log(JSON.stringify(said));
})();
