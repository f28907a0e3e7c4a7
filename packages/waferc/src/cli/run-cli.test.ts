import { existsSync, writeFileSync } from "node:fs";
import { tensorOf, writeNpy } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { validateJson } from "../schemas/validate-json.ts";
import { runWaferc } from "../testing/run-waferc.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { VERBS } from "./verbs/index.ts";

const path = temporaryFolder();

describe("usage", () => {
  it("suggests the verb that a misspelt one may mean", async () => {
    const { code, err } = await runWaferc("chek-model", "x.onnx");
    expect(code).toBe(2);
    expect(err).toContain("Did you mean check-model?");
  });

  it("suggests the option that a misspelt one may mean", async () => {
    const { code, err } = await runWaferc("run", "x", "--cas", "y");
    expect(code).toBe(2);
    expect(err).toContain("Did you mean --case?");
  });

  it("prints an object for a wrong command line under --json", async () => {
    const run = await runWaferc("check-model", "--json", "--jsn");
    expect(run.code).toBe(2);
    expect(run.err).toBe("");
    expect(run.json()).toMatchObject({ command: "check-model", ok: false, diagnostics: [{ code: "CLI-011" }] });
  });

  it("shows an example in the help of every verb", async () => {
    for (const { name } of VERBS) {
      const { code, out } = await runWaferc(...(name === "arch" ? ["arch", "show"] : [name]), "--help");
      expect(code).toBe(0);
      expect(out).toMatch(new RegExp(`\\$ waferc ${name}`));
    }
  });

  it("prints nothing on stdout when it fails", async () => {
    const { code, out, err } = await runWaferc("check-model", "nowhere.onnx");
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain("error[CLI-001]");
  });

  it("refuses values that an option does not have (CLI-010)", async () => {
    const run = await runWaferc("run", "models/bert/bert_opset17.onnx", "--engine", "quick", "--json");
    expect(run.code).toBe(2);
    expect(run.json()["diagnostics"]).toMatchObject([{ code: "CLI-010" }]);
  });
});

describe("models", () => {
  const model = "models/bert/bert_opset17.onnx";
  const data = "golden/tensors/bert/bert_opset17/test_data_set_0";

  it("checks them", async () => {
    const { code, out } = await runWaferc("check-model", model);
    expect(code).toBe(0);
    expect(out).toContain("SOUND");
  });

  it("inspects them", async () => {
    const { code, out } = await runWaferc("inspect", model);
    expect(code).toBe(0);
    expect(out).toContain("input  input_ids: i64[");
    expect(out).toMatch(/16 {2}MatMul/);
  });

  it("inspects their arithmetic and canonical form once the dimensions are bound", async () => {
    const bound = await runWaferc("inspect", model, "--shapes-from", data, "--json");
    const costs = bound.json()["costs"] as { canonical: { op: string; count: number; macs: number }[] };
    expect(costs.canonical).toContainEqual(expect.objectContaining({ op: "Attention", count: 2 }));
    expect(costs.canonical.find(({ op }) => op === "MatMul")?.macs).toBeGreaterThan(0);
    expect((await runWaferc("inspect", model)).out).toContain("bind the dimensions");
  });

  it("runs them on the reference evaluator", async () => {
    const run = await runWaferc("run", model, "--engine", "reference", "--case", data, "--json");
    expect(run.code).toBe(0);
    expect(validateJson(run.json(), "output", "run")).toEqual([]);
  });

  it("does not run them on an engine that needs a program", async () => {
    const { code, err } = await runWaferc("run", model, "--case", data);
    expect(code).toBe(2);
    expect(err).toContain("waferc compile");
  });

  it("verifies them, verdict first", async () => {
    const run = await runWaferc("verify", model, "--case", data);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^PASS 2\/2 outputs/);
    const printed = await runWaferc("verify", model, "--case", data, "--json");
    expect(validateJson(printed.json(), "output", "verify")).toEqual([]);
  });

  it("fails a tolerance that nothing meets with exit code 1", async () => {
    const run = await runWaferc("verify", model, "--case", data, "--rtol", "0", "--atol", "0");
    expect(run.code).toBe(1);
    expect(run.out).toMatch(/^FAIL 0\/2 outputs/);
  });

  it("says which inputs are missing and which do not fit (CLI-002)", async () => {
    const missing = await runWaferc("run", model, "--engine", "reference");
    expect(missing.code).toBe(2);
    expect(missing.err.match(/error\[CLI-002\]/g)).toHaveLength(3);
  });

  it("says which operator cannot work on the data (CLI-012)", async () => {
    writeFileSync(path("ids.npy"), writeNpy(tensorOf("i64", [2, 7], Array<number>(14).fill(9999))));
    const run = await runWaferc(
      "run",
      model,
      "--engine",
      "reference",
      "--case",
      data,
      "--input",
      `input_ids=${path("ids.npy")}`,
    );
    expect(run.code).toBe(5);
    expect(run.err).toMatch(/CLI-012.*Gather/);
  });

  it("leaves a reproducer for bugs of its own (CLI-070)", async () => {
    const { writeReproducer } = await import("./reproducer.ts");
    const { code, help } = writeReproducer(["verify", model], new Error("a bug"));
    expect(code).toBe("CLI-070");
    const path = help[0]?.split(" ").at(-1) ?? "";
    expect(existsSync(`${path}/reproducer.json`)).toBe(true);
    expect(existsSync(`${path}/bert_opset17.onnx`)).toBe(true);
  });
});

describe("arch, ops and passes", () => {
  it("lists machines", async () => {
    const { machines } = (await runWaferc("arch", "list", "--json")).json();
    expect((machines as { name: string }[]).map(({ name }) => name)).toContain("mesh32x32");
  });

  it("checks a machine with overrides", async () => {
    expect((await runWaferc("arch", "check", "mesh8x8", "--set", "core.sramBytes=65536")).code).toBe(0);
    expect((await runWaferc("arch", "check", "mesh8x8", "--set", "core.sramBytes=-1")).code).toBe(2);
    expect((await runWaferc("arch", "show", "mesh8")).err).toContain('did you mean "mesh8x8"?');
  });

  it("lists operators and passes", async () => {
    const { ops } = (await runWaferc("ops", "--json")).json();
    expect((ops as { op: string }[]).map(({ op }) => op)).toContain("MatMul");
    expect((await runWaferc("passes")).out).toContain("recognize-attention");
  });
});
