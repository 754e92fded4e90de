// Starts `chartgen lsp` and leaves the rest to it.
"use strict";

const { commands, window, workspace } = require("vscode");
const { CloseAction, ErrorAction, LanguageClient } = require("vscode-languageclient/node");

let client;
let turn = Promise.resolve();

const configured = () => workspace.getConfiguration("chartgen").get("command");

async function start() {
  const [command, ...args] = configured();
  // a server that has never answered would fail the same way again: it is told once, below
  let answered;
  client = new LanguageClient(
    "chartgen",
    "chartgen",
    { command, args },
    {
      documentSelector: [{ language: "yaml" }, { language: "helm" }],
      initializationOptions: workspace.getConfiguration("chartgen"),
      synchronize: { configurationSection: "chartgen" },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: (...told) => answered?.error(...told) ?? { action: ErrorAction.Continue, handled: true },
        closed: () => answered?.closed() ?? { action: CloseAction.DoNotRestart, handled: true },
      },
    },
  );
  try {
    await client.start();
    answered = client.createDefaultErrorHandler();
  } catch (error) {
    client = undefined;
    tell(error.message ?? error);
  }
}

async function tell(reason) {
  const chosen = await window.showErrorMessage(
    "chartgen's server does not start: pip install 'chartgen[lsp]', or say what to run with the setting " +
      `chartgen.command (${reason})`,
    "Open Settings",
  );
  if (chosen) {
    await commands.executeCommand("workbench.action.openSettings", "chartgen.command");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.dispose();
}

// One after the other: a client that is still starting cannot be stopped.
function restart() {
  turn = turn.then(stop).catch(() => undefined).then(start);
  return turn;
}

exports.activate = async (context) => {
  let command = JSON.stringify(configured());
  context.subscriptions.push(
    commands.registerCommand("chartgen.restart", restart),
    workspace.onDidChangeConfiguration(() => {
      const before = command;
      command = JSON.stringify(configured());
      // that somebody trusts a folder counts as a change of the setting, too
      return command === before ? undefined : restart();
    }),
  );
  await restart();
};

exports.deactivate = stop;
