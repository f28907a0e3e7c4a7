import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { validateJson } from "../schemas/validate-json.ts";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const path = temporaryFolder();
const MODEL = "models/bert/bert_opset17.onnx";
const BIND = ["--dim", "batch=1", "--dim", "seq=5"];
const ASK = ["compile", MODEL, "--machine", "mesh8x8", ...BIND];

/** Every file below a folder with its content. */
function snapshot(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return new Map(paths.map((file) => [relative(folder, file), readFileSync(file).toString("base64")]));
}

beforeAll(async () => {
  const { code, err } = await runWaferc(...ASK, "-o", path("out"), "--dump-phases-to", path("dumps"));
  expect(err).toBe("");
  expect(code).toBe(0);
});

describe("compile", () => {
  it("prints the keys of the contract and writes what the schemas say", async () => {
    const run = await runWaferc(...ASK, "-o", path("json"), "--json");
    expect(validateJson(run.json(), "compile")).toEqual([]);
    for (const name of ["manifest", "placement", "report"] as const) {
      expect(validateJson(JSON.parse(readFileSync(path("out", `${name}.json`), "utf8")), name)).toEqual([]);
    }
  });

  it("writes the same bytes twice, wherever it writes", async () => {
    await runWaferc(...ASK, "-o", path("deep", "er", "again"), "--dump-phases-to", path("dumps-again"));
    expect(snapshot(path("deep", "er", "again"))).toEqual(snapshot(path("out")));
    expect(snapshot(path("dumps-again"))).toEqual(snapshot(path("dumps")));
  });

  it("writes no path and no time", () => {
    for (const [name, content] of snapshot(path("out"))) {
      if (!/\.(json|dfir)$/.test(name)) continue;
      const text = Buffer.from(content, "base64").toString();
      expect(text).not.toContain(process.cwd());
      if (name !== "machine.json") expect(text).not.toMatch(/seconds/i);
    }
  });

  it("resumes from every dump to the same bytes", async () => {
    const dumps = readdirSync(path("dumps")).filter((name) => name.endsWith(".dfir"));
    expect(dumps).toHaveLength(8);
    for (const dump of dumps) {
      const { code, err } = await runWaferc("compile", "--compile-from", path("dumps", dump), "-o", path("resumed"));
      expect(err).toBe("");
      expect(code).toBe(0);
      expect(snapshot(path("resumed"))).toEqual(snapshot(path("out")));
    }
  }, 60_000);

  it("stops after a phase", async () => {
    const { code, out } = await runWaferc(...ASK, "--compile-to", "lower", "--dump-phases-to", path("to-lower"));
    expect(code).toBe(0);
    expect(out).toContain("DONE up to lower");
    expect(readdirSync(path("to-lower")).at(-1)).toBe("data");
    expect(existsSync(path("to-lower", "bert_opset17.05.lower.dfir"))).toBe(true);
    expect(existsSync(path("to-lower", "bert_opset17.06.place.dfir"))).toBe(false);
  });

  it("writes nothing with --dry-run", async () => {
    const { code, out } = await runWaferc(...ASK, "-o", path("dry"), "--dry-run");
    expect(code).toBe(0);
    expect(out).toMatch(/^FITS/);
    expect(existsSync(path("dry"))).toBe(false);
  });

  it("says what does not fit, with amounts and levers, and exits with 3", async () => {
    const run = await runWaferc(...ASK, "--set", "core.sramBytes=4096", "-o", path("small"), "--json");
    expect(run.code).toBe(3);
    const [first] = run.json()["diagnostics"] as { facts: { demand: number; bound: number }; help: string[] }[];
    expect(first?.facts.bound).toBe(4096);
    expect(first?.facts.demand).toBeGreaterThan(4096);
    expect(first?.help.join()).toContain("--set core.sramBytes=");
    expect(existsSync(path("small"))).toBe(false);
  });

  it("lists dimensions that are not bound, with a command that works, and exits with 2", async () => {
    const { code, err } = await runWaferc(
      "compile",
      MODEL,
      "--machine",
      "mesh8x8",
      "--dim",
      "sequence=5",
      "-o",
      path("x"),
    );
    expect(code).toBe(2);
    expect(err).toContain('"seq"');
    expect(err).toMatch(/--dim batch=\d+ --dim seq=\d+/);
    const misspelt = await runWaferc("compile", MODEL, "--machine", "mesh8x8", "--dim", "batc=1", "--dim", "seq=5");
    expect(misspelt.err).toContain('did you mean "batch"?');
  });

  it("binds dimensions from a case", async () => {
    const data = "golden/tensors/bert/bert_opset17/test_data_set_0";
    const args = ["compile", MODEL, "--machine", "mesh8x8", "--shapes-from", data, "-o", path("case")];
    const { code, err } = await runWaferc(...args);
    expect(err).toContain("bound by the case: batch=2, seq=7");
    expect(code).toBe(0);
    const verified = await runWaferc("verify", path("case"), "--case", data, "--engine", "untimed");
    expect(verified.out).toMatch(/^PASS 2\/2/);
  });

  it("lists every operator of the host with --require-full (CLI-013), and exits with 4", async () => {
    const run = await runWaferc(...ASK, "--require-full", "-o", path("full"), "--json");
    expect(run.code).toBe(4);
    expect((run.json()["diagnostics"] as { code: string }[]).map(({ code }) => code)).toEqual(Array(4).fill("CLI-013"));
  });

  it("keeps no weights with --weights reference, and finds them in the model", async () => {
    const folder = path("by-reference");
    expect((await runWaferc(...ASK, "--weights", "reference", "-o", folder)).code).toBe(0);
    expect(readdirSync(folder)).not.toContain("weights.bin");
    const verified = await runWaferc("verify", folder, "--against", "reference", "--random-inputs");
    expect(verified.out).toMatch(/^PASS/);
    expect(snapshot(folder).get("program.wfp")).toEqual(snapshot(path("out")).get("program.wfp"));
    cpSync(folder, path("far", "away"), { recursive: true });
    expect((await runWaferc("run", path("far", "away"), "--random-inputs")).err).toContain("CLI-003");
  });

  it("leaves a foreign directory alone (CLI-004)", async () => {
    mkdirSync(path("foreign"));
    writeFileSync(path("foreign", "notes.txt"), "mine");
    const run = await runWaferc(...ASK, "-o", path("foreign"), "--json");
    expect(run.code).toBe(2);
    expect(run.json()["diagnostics"]).toMatchObject([{ code: "CLI-004" }]);
    expect(readdirSync(path("foreign"))).toEqual(["notes.txt"]);
  });
});

describe("a compiled directory", () => {
  it("is legal and verifies against the reference on every engine", async () => {
    expect((await runWaferc("check", path("out"))).out).toMatch(/^LEGAL/);
    const digests = new Set<string>();
    for (const engine of ["fast", "cycle", "untimed"]) {
      const random = ["--against", "reference", "--random-inputs", "--seed", "5"];
      const run = await runWaferc("verify", path("out"), ...random, "--engine", engine, "--json");
      expect(run.code).toBe(0);
      expect(validateJson(run.json(), "output", "verify")).toEqual([]);
      digests.add(JSON.stringify((run.json()["outputs"] as { sha256: string }[]).map(({ sha256 }) => sha256)));
    }
    expect(digests.size).toBe(1);
  });

  it("runs elsewhere without anything beside it", async () => {
    cpSync(path("out"), path("moved", "here"), { recursive: true });
    rmSync(path("moved", "here", "reference"), { recursive: true });
    const run = await runWaferc(
      "simulate",
      path("moved", "here"),
      "--random-inputs",
      "--json",
      "--save-outputs",
      path("npy"),
    );
    expect(run.code).toBe(0);
    expect(validateJson(run.json(), "output", "run")).toEqual([]);
    expect(readdirSync(path("npy"))).toEqual(["output_0.npy", "output_1.npy"]);
    const against = await runWaferc("verify", path("moved", "here"), "--against", "reference", "--random-inputs");
    expect(against.err).toContain("--model");
    const given = ["--against", "reference", "--random-inputs", "--model", MODEL];
    expect((await runWaferc("verify", path("moved", "here"), ...given)).code).toBe(0);
  });

  it("accounts for every cycle of every core", async () => {
    const run = await runWaferc("run", path("out"), "--random-inputs", "--json");
    const { cycles, ledger } = run.json() as unknown as {
      cycles: number;
      ledger: { quiescentCycles: number; cores: Record<string, number>[]; criticalPath: { cycles: number } };
    };
    expect(ledger.cores).toHaveLength(64);
    for (const { x: _x, y: _y, ...spent } of ledger.cores) {
      expect(Object.values(spent).reduce((sum, one) => sum + one, 0)).toBe(ledger.quiescentCycles);
    }
    expect(ledger.criticalPath.cycles).toBe(cycles);
  });

  it("is refused when a file was changed or is missing (CLI-003)", async () => {
    const manifest = JSON.parse(readFileSync(path("out", "manifest.json"), "utf8")) as { files: { name: string }[] };
    for (const { name } of manifest.files) {
      const copy = path("tampered");
      rmSync(copy, { recursive: true, force: true });
      cpSync(path("out"), copy, { recursive: true });
      const bytes = readFileSync(join(copy, name));
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(join(copy, name), bytes);
      const run = await runWaferc("run", copy, "--random-inputs", "--json");
      expect([name, run.code]).toEqual([name, 5]);
      expect(run.json()["diagnostics"]).toMatchObject([{ code: "CLI-003" }]);
    }
    renameSync(path("tampered", "manifest.json"), path("tampered", "other.json"));
    expect((await runWaferc("run", path("tampered"), "--random-inputs")).code).toBe(5);
  });

  it("is inspected with map, SRAM, latency and host operators", async () => {
    const { code, out } = await runWaferc("inspect", path("out"), "--simulate");
    expect(code).toBe(0);
    for (const part of ["regions", "SRAM by core", "critical path", "on the host 4 operators", "/MatMul"]) {
      expect(out).toContain(part);
    }
  });
});
