// The working thread of the command line: runs one command and sends what it prints to the thread that owns the terminal.
import { parentPort, workerData } from "node:worker_threads";
import { onPendingDirectory } from "../artefacts/write-directory.ts";
import type { CliIo } from "./io.ts";
import { runCli } from "./run-cli.ts";
import type { WorkerMessage, WorkerSetup } from "./worker-protocol.ts";

const setup = workerData as WorkerSetup;
const post = (message: WorkerMessage): void => parentPort?.postMessage(message);

onPendingDirectory((directory, isPending) => post({ kind: "pending", directory, isPending }));

const io: CliIo = {
  out: (text) => post({ kind: "out", text }),
  err: (text) => post({ kind: "err", text }),
  activity: (activity) => post({ kind: "activity", activity }),
  columns: setup.columns,
  hasColorOut: setup.hasColorOut,
  hasColorErr: setup.hasColorErr,
  seconds: () => performance.now() / 1000,
  evalWorker: new URL("../session/eval-worker.js", import.meta.url),
};

const code = await runCli(setup.argv, io);
post({ kind: "activity", activity: undefined });
post({ kind: "exit", code });
