// The suites of others on the importer and the reference evaluator: every case has the status that golden/conformance expects of it.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseExpected, printExpected } from "./expected-status.ts";
import { missingCases, runSuite, statusChanges } from "./run-suite.ts";
import { SUITES } from "./suites.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const DATA = process.env["WAFERC_DATA"] ?? "";

describe("suites of others (skipped without WAFERC_DATA, which holds them)", () => {
  it.runIf(existsSync(join(DATA, "onnx")))("have the expected statuses", { timeout: 240_000 }, () => {
    for (const suite of SUITES) {
      const text = readFileSync(join(ROOT, "golden", "conformance", `${suite.name}.tsv`), "utf8");
      const expected = parseExpected(text);
      const rows = runSuite(suite, DATA, expected);
      expect([...statusChanges(rows, expected), ...missingCases(rows, expected)]).toEqual([]);
      expect(printExpected(suite.name, expected)).toBe(text);
    }
  });
});

describe("expected statuses", () => {
  it("need a reason for what does not pass, or passes by a tolerance of its own", () => {
    expect(() => parseExpected("fail\ttest_a\t")).toThrow(/line 1/);
    expect(() => parseExpected("pass rtol=0.1 atol=0\ttest_a")).toThrow(/line 1/);
    expect(parseExpected("pass rtol=0.1 atol=0\ttest_a\twritten in bf16").get("test_a")).toEqual({
      status: "pass",
      reason: "written in bf16",
      tolerance: { rtol: 0.1, atol: 0 },
    });
  });
});
