// Spawns the built command line: signals and threads cannot be tested in process.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();
const BIN = fileURLToPath(new URL("../../bin/waferc.mjs", import.meta.url));
const ASK = ["models/bert/bert_opset17.onnx", "--machine", "mesh8x8", "--dim", "batch=1", "--dim", "seq=2"];

interface Ended {
  readonly code: number | null;
  readonly err: string;
}

/** Runs `compile`, sends a signal once stderr has shown a phase or time is up, and waits for the end. */
function compileAndInterrupt(output: string, milliseconds: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [BIN, "compile", ...ASK, "-o", output]);
    const err: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk.toString()));
    setTimeout(() => child.kill("SIGINT"), milliseconds);
    child.on("exit", (code) => resolve({ code, err: err.join("") }));
  });
}

// The first start builds the command line if nobody has.
beforeAll(() => void execFileSync(process.execPath, [BIN, "--version"], { stdio: "ignore" }), 60_000);

describe("the built command line", () => {
  it("leaves no torn directory when it is interrupted, whenever that is", async () => {
    const codes = new Set<number | null>();
    for (const milliseconds of [60, 250, 500, 800, 1100, 1400, 1800]) {
      const folder = path(`at-${milliseconds}`);
      mkdirSync(folder);
      const { code } = await compileAndInterrupt(`${folder}/out`, milliseconds);
      codes.add(code);
      expect([0, 130]).toContain(code === null ? 130 : code);
      expect(readdirSync(folder).filter((name) => name !== "out")).toEqual([]);
      if (existsSync(`${folder}/out`)) expect((await runWaferc("check", `${folder}/out`)).code).toBe(0);
      else expect(code).not.toBe(0);
    }
    expect(codes).toContain(130);
  }, 60_000);

  it("prints results on stdout and exits with the verb's code", () => {
    const out = execFileSync(process.execPath, [BIN, "arch", "list", "--json"], { encoding: "utf8" });
    expect(JSON.parse(out)).toMatchObject({ command: "arch list", ok: true });
    expect(() => execFileSync(process.execPath, [BIN, "run", "nowhere"], { stdio: "pipe" })).toThrow(/nowhere/);
  });

  it("answers questions on two threads as on one", () => {
    const eval20 = (...jobs: string[]): unknown => {
      const args = ["eval", "models/tinyworld/prefill.onnx", "--engine", "reference", "--limit", "6", "--json", "-q"];
      const questions = ["--questions", "models/tinyworld/questions.jsonl", ...jobs];
      const { wallSeconds: _, ...facts } = JSON.parse(
        execFileSync(process.execPath, [BIN, ...args, ...questions], { encoding: "utf8" }),
      ) as Record<string, unknown>;
      return facts;
    };
    expect(eval20("-j", "2")).toEqual(eval20("-j", "1"));
  }, 30_000);
});
