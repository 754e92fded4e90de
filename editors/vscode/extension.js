// Starts `chartgen lsp` and leaves the rest to it.
"use strict";

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const [command, ...args] = workspace.getConfiguration("chartgen").get("command");
  client = new LanguageClient(
    "chartgen",
    "chartgen",
    { command, args },
    {
      documentSelector: [{ language: "yaml" }, { language: "helm" }],
      initializationOptions: workspace.getConfiguration("chartgen"),
      synchronize: { configurationSection: "chartgen" },
    },
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    window.showErrorMessage(
      `chartgen's server does not start (${error.message}). Is it there? pip install 'chartgen[lsp]'; ` +
        "the setting chartgen.command says what is run.",
    );
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.dispose();
}

exports.activate = async (context) => {
  context.subscriptions.push(
    commands.registerCommand("chartgen.restart", async () => {
      await stop();
      await start();
    }),
    workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("chartgen.command")) {
        await stop();
        await start();
      }
    }),
  );
  await start();
};

exports.deactivate = stop;
