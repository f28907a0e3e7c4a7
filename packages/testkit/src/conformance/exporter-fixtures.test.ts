// Tiny transformers as exporters and onnxruntime's optimiser write them, on the importer and the reference evaluator,
// against the outputs of the framework they came from.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { defaultTolerance } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { readCases, runCase } from "./onnx-cases.ts";

const PACK = join(process.env["WAFERC_DATA"] ?? "", "onnx", "onnx-exporter-fixtures.tgz");

describe("exporter fixtures (skipped without WAFERC_DATA, which holds them)", () => {
  it.runIf(existsSync(PACK))("give the framework's outputs, all 32", { timeout: 120_000 }, () => {
    const results = readCases(PACK).map((one) => ({ name: one.name, ...runCase(one, defaultTolerance("f32")) }));
    expect(results.filter(({ status }) => status !== "pass")).toEqual([]);
    expect(results.length).toBe(32);
  });
});
