// Entry of the built command line. The work runs in a worker thread; this thread owns the terminal and the signals, so that progress
// moves and Ctrl-C works while the worker is deep in a loop. Nothing half-written is left behind.
import { totalmem } from "node:os";
import { isMainThread, Worker } from "node:worker_threads";
import { printDiagnostic } from "@waferc/base";
import { printEnvelope } from "../artefacts/json.ts";
import { recoverDirectory, type PendingDirectory } from "../artefacts/write-directory.ts";
import { ActivityLine } from "./activity-line.ts";
import { writeReproducer } from "./reproducer.ts";
import { EXIT_INTERNAL, EXIT_SIGNALS, type WorkerMessage, type WorkerSetup } from "./worker-protocol.ts";

const HEAP_SHARE = 0.75;
const MEBIBYTE = 1024 * 1024;

function hasColor(stream: NodeJS.WriteStream): boolean {
  const { env } = process;
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY && env["TERM"] !== "dumb";
}

/** The working thread died, of memory for example: the user gets what `runCli` gives for any bug. */
function reportCrash(argv: readonly string[], error: unknown): void {
  const diagnostic = writeReproducer(argv, error);
  if (argv.includes("--json")) {
    process.stdout.write(printEnvelope({ command: argv[0] ?? "", ok: false, diagnostics: [diagnostic] }, {}));
  } else process.stderr.write(`${printDiagnostic(diagnostic)}\n`);
}

function main(): void {
  const setup: WorkerSetup = {
    argv: process.argv.slice(2),
    columns: process.stdout.columns ?? 100,
    hasColorOut: hasColor(process.stdout),
    hasColorErr: hasColor(process.stderr),
  };
  const line = new ActivityLine({
    write: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY,
    columns: process.stderr.columns ?? 100,
    seconds: () => performance.now() / 1000,
  });
  const ticker = setInterval(() => line.tick(), 200);
  const pending = new Map<string, PendingDirectory>();
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor((totalmem() / MEBIBYTE) * HEAP_SHARE) },
  });
  let exitCode: number | undefined;
  worker.on("message", (message: WorkerMessage) => {
    if (message.kind !== "activity" && message.kind !== "pending") line.clear();
    switch (message.kind) {
      case "out":
        return void process.stdout.write(message.text);
      case "err":
        return void process.stderr.write(message.text);
      case "activity":
        return line.set(message.activity);
      case "pending":
        if (message.isPending) pending.set(message.directory.temporary, message.directory);
        else pending.delete(message.directory.temporary);
        return;
      case "exit":
        exitCode = message.code;
        return;
      default:
        message satisfies never;
    }
  });
  worker.on("error", (error) => {
    line.clear();
    reportCrash(setup.argv, error);
    exitCode ??= EXIT_INTERNAL;
  });
  worker.on("exit", () => {
    clearInterval(ticker);
    line.clear();
    for (const directory of pending.values()) recoverDirectory(directory);
    process.exitCode = exitCode ?? EXIT_INTERNAL;
  });
  for (const [signal, code] of EXIT_SIGNALS) {
    process.on(signal, () => {
      exitCode = code;
      line.clear();
      process.stderr.write("waferc: interrupted\n");
      void worker.terminate();
    });
  }
  // A reader such as `head` that has gone ends the run quietly.
  process.stdout.on("error", () => void worker.terminate().then(() => process.exit(0)));
}

if (isMainThread) main();
