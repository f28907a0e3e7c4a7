// Exporters' files on the importer, the passes and the reference evaluator: golden outputs before and after canonicalisation, and the compound ops that
// golden/dialects expects.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readDialectCases } from "./dialect-cases.ts";
import { compareExpected } from "./expected.ts";
import { judgeCase } from "./judge-case.ts";

const EXPECTED = fileURLToPath(new URL("../../../../golden/dialects/expected.tsv", import.meta.url));
const DATA = process.env["WAFERC_DATA"] ?? "";

describe("exporters' files (skipped without WAFERC_DATA, which holds them)", () => {
  it.runIf(existsSync(join(DATA, "exporters")))("canonicalise as expected", { timeout: 300_000 }, () => {
    const cases = readDialectCases(DATA);
    const verdicts = cases.map(judgeCase);
    expect(compareExpected(verdicts, readFileSync(EXPECTED, "utf8"))).toEqual([]);
    const wrong = verdicts.filter(({ status }, i) => (status === "pass") === (cases[i]?.expect === "reject"));
    expect(wrong.map(({ name, status, detail }) => ({ name, status, detail }))).toEqual([]);
  });
});
