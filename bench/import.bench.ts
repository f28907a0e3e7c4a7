// What does importing a model cost that is mostly weights? With the weights beside the file: how many of their bytes are read, and how much memory it
// takes, up to the canonical graph. With the weights inside: how long it takes, compared with reading the file. 256 MB unless WAFERC_BENCH=full, which
// takes 3 GB (a hole in a file) and 1.5 GB (on disk), as one process each would.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiagnosticSink, Rng } from "@waferc/base";
import { bindDims, canonicalizePasses, runPasses } from "@waferc/compiler";
import { importModel } from "@waferc/onnx";
import { externalDataBeside, readBytes } from "waferc";
import { afterAll, describe } from "vitest";
import { LAYER_BYTES, writeExternalModel, writeInternalModel } from "./large-models.ts";
import { benchRate } from "./rate.ts";

const isFull = process.env["WAFERC_BENCH"] === "full";
const layersOf = (bytes: number): number => Math.ceil(bytes / LAYER_BYTES);

const folder = mkdtempSync(join(tmpdir(), "waferc-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("import", () => {
  const external = writeExternalModel(folder, layersOf(isFull ? 3e9 : 256e6));
  const weightBytes = statSync(join(folder, "weights.bin")).size;
  let read = 0;
  benchRate({
    name: `import, bind and canonicalise, ${(weightBytes / 1e6).toFixed(0)} MB beside the file`,
    amount: () => {
      const peak = (process.resourceUsage().maxRSS / 1024).toFixed(0);
      console.log(`${read} B of weights read; peak of the process ${peak} MB`);
      return weightBytes;
    },
    unit: "B of weights",
    run() {
      const diag = new DiagnosticSink();
      const files = externalDataBeside(external);
      const graph = importModel(readBytes(external), diag, { external: files });
      const ctx = { diag, rng: new Rng(1), stats: { add: () => undefined } };
      const dims = new Map([["rows", 16]]);
      runPasses(bindDims.run(graph, { dims, mustBindAll: true }, ctx), canonicalizePasses, ctx);
      read = files.bytesRead();
    },
  });

  const internal = writeInternalModel(folder, layersOf(isFull ? 1.5e9 : 256e6));
  const fileBytes = statSync(internal).size;
  const inside = `${(fileBytes / 1e6).toFixed(0)} MB inside the file`;
  benchRate({
    name: `read, ${inside}`,
    amount: () => fileBytes,
    unit: "B",
    run: () => void readBytes(internal),
  });
  benchRate({
    name: `read and import, ${inside}`,
    amount: () => fileBytes,
    unit: "B",
    run: () => void importModel(readBytes(internal), new DiagnosticSink()),
  });
});
