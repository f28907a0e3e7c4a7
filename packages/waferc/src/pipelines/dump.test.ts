import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { CompileError } from "@waferc/base";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { beginCompile } from "./begin.ts";
import { runPhases } from "./compile.ts";
import { readDump } from "./dump.ts";

const path = temporaryFolder();
const MODEL = "models/bert/bert_opset17.onnx";

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
  return "";
}

describe("dumps of the graph phases", () => {
  const dims = new Map([
    ["batch", 1],
    ["seq", 5],
  ]);
  const { state, external } = beginCompile({ model: MODEL, machine: "mesh8x8", dims, seed: 3 });
  const whole = runPhases(state, { external, to: "canonicalize", dumpTo: path("a") });

  it("resume to the same bytes", () => {
    expect(whole.dumps).toHaveLength(3);
    const last = readFileSync(whole.dumps[2]!, "utf8");
    for (const dump of whole.dumps.slice(0, 2)) {
      const resumed = readDump(dump);
      const folder = path(resumed.phase);
      const run = runPhases(resumed.state, { after: resumed.phase, to: "canonicalize", dumpTo: folder });
      expect(readFileSync(run.dumps.at(-1)!, "utf8")).toBe(last);
    }
  });

  it("say what is missing (CLI-009)", () => {
    const text = readFileSync(whole.dumps[2]!, "utf8");
    mkdirSync(path("b"));
    writeFileSync(path("b", "x.03.canonicalize.dfir"), text);
    expect(refusal(() => readDump(path("b", "x.03.canonicalize.dfir")))).toMatch(/CLI-009.*missing/);
    writeFileSync(path("a", "x.dfir"), text);
    expect(refusal(() => readDump(path("a", "x.dfir")))).toMatch(/CLI-009.*MODEL\.NN\.PHASE/);
    writeFileSync(path("a", "x.05.lower.dfir"), text);
    expect(refusal(() => readDump(path("a", "x.05.lower.dfir")))).toMatch(/CLI-009.*no dataflow/);
    writeFileSync(path("a", "x.03.canonicalize.dfir"), text.slice(0, text.indexOf("dfir 1 build")));
    expect(refusal(() => readDump(path("a", "x.03.canonicalize.dfir")))).toMatch(/CLI-009.*build section/);
  });
});
