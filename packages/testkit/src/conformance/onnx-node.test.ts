// The ONNX backend node suite on the importer and the reference evaluator, every case of it. A case counts as
// unsupported only if the importer refuses an operator that waferc has no definition for; any other failure must be
// in PENDING, with its reason. The number of passes is pinned, so that any change of status is seen.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCases, runCase } from "./onnx-cases.ts";

const DATA = process.env["WAFERC_DATA"] ?? "";
const PACK = join(DATA, "onnx", "onnx-node-tests.tgz");

const PASSES = 1012;

/** Failures that are known, with the issue that ends them. */
const PENDING: readonly { readonly detail: RegExp; readonly reason: string }[] = [
  { detail: /cannot compute with (f8|f4|[iu][42])/, reason: "casts of 8-bit floats and packed types (issue 4)" },
];
/** What the importer may say of a case that is not for us yet. */
const UNSUPPORTED = /ONX-101|ONX-103/;

describe("ONNX backend node suite (skipped without WAFERC_DATA, which holds it)", () => {
  it.runIf(existsSync(PACK))("passes every case whose operators have definitions", { timeout: 120_000 }, () => {
    const results = readCases(PACK).map((one) => ({ name: one.name, ...runCase(one) }));
    const unexpected = results.filter(
      ({ status, detail }) =>
        !(status === "pass") &&
        !(status === "unsupported" && UNSUPPORTED.test(detail)) &&
        !PENDING.some((pending) => pending.detail.test(detail)),
    );
    expect(unexpected).toEqual([]);
    expect(results.filter(({ status }) => status === "pass").length).toBe(PASSES);
  });
});
