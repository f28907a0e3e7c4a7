// `npm run conformance -- [--data DIR] [--suite NAME] [--case REGEX] [--op NAME] [--tier A|B|C] [--list STATUS] [--write]`: builds, runs the suites of others on
// the importer and the reference evaluator, and fails on any status that differs from golden/conformance/SUITE.tsv. `--write` takes the new statuses over (reasons are
// kept; a new failure needs one) and writes docs/conformance.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CaseFilter, CaseRow, ExpectedCase, Suite, SuiteResult, Tier } from "@waferc/testkit/conformance";
import { main as build } from "./build.ts";

const EXPECTED = "golden/conformance";
const PAGE = "docs/conformance.md";
const MAX_PRINTED = 30;
const NEEDED = ["base", "numerics", "machine", "ir", "ops", "onnx", "testkit"];

const OPTIONS = {
  data: { type: "string" },
  suite: { type: "string", multiple: true },
  case: { type: "string" },
  op: { type: "string" },
  tier: { type: "string" },
  list: { type: "string" },
  write: { type: "boolean" },
} as const;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const data = values.data ?? process.env["WAFERC_DATA"] ?? "../shared/data";
  if (!existsSync(join(data, "onnx"))) {
    console.error(`conformance: no suites in ${data}/onnx: pass --data DIR`);
    return 2;
  }
  const built = await build(NEEDED);
  if (built !== 0) return built;
  const { SUITES } = await import("@waferc/testkit/conformance");
  const suites = SUITES.filter(({ name }) => values.suite === undefined || values.suite.includes(name));
  const filter: CaseFilter = {
    name: values.case === undefined ? undefined : new RegExp(values.case),
    op: values.op,
    tier: values.tier as Tier | undefined,
  };
  const isWhole = filter.name === undefined && filter.op === undefined && filter.tier === undefined;
  const run: Run = { data, filter, isWhole, list: values.list, write: values.write === true && isWhole };
  const verdicts: Verdict[] = [];
  for (const suite of suites) verdicts.push(await judge(suite, run));
  if (run.write && values.suite === undefined) {
    const { printConformancePage } = await import("@waferc/testkit/conformance");
    writeFileSync(PAGE, printConformancePage(verdicts.map(({ result }) => result)));
  }
  return verdicts.every(({ passed }) => passed) ? 0 : 1;
}

interface Run {
  readonly data: string;
  readonly filter: CaseFilter;
  readonly isWhole: boolean;
  readonly list: string | undefined;
  readonly write: boolean;
}

interface Verdict {
  /** False if a status differs from the expected one. */
  readonly passed: boolean;
  readonly result: SuiteResult;
}

async function judge(suite: Suite, { data, filter, isWhole, list, write }: Run): Promise<Verdict> {
  const { missingCases, parseExpected, runSuite, statusChanges } = await import("@waferc/testkit/conformance");
  const file = join(EXPECTED, `${suite.name}.tsv`);
  const expected = existsSync(file) ? parseExpected(readFileSync(file, "utf8")) : new Map<string, ExpectedCase>();
  const started = performance.now();
  const rows = runSuite(suite, data, expected, filter);
  const seconds = (performance.now() - started) / 1000;
  console.log(`${suite.name}: ${summary(rows)}, ${seconds.toFixed(1)} s`);
  for (const { name, status, detail } of rows)
    if (status === list) console.log(`  ${status} ${name}: ${firstLine(detail)}`);
  const changes = [...statusChanges(rows, expected), ...(isWhole ? missingCases(rows, expected) : [])];
  const result = { name: suite.name, about: suite.about, rows, expected };
  if (write) return { passed: true, result: { ...result, expected: await writeExpected(suite, rows, expected) } };
  for (const change of changes.slice(0, MAX_PRINTED)) console.log(`  changed ${firstLine(change)}`);
  if (changes.length > MAX_PRINTED) console.log(`  and ${changes.length - MAX_PRINTED} more`);
  return { passed: changes.length === 0, result };
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").replaceAll("\t", " ").slice(0, 200);
}

function summary(rows: readonly CaseRow[]): string {
  const count = (status: string): number => rows.filter((row) => row.status === status).length;
  const tiers = (["A", "B", "C"] as const).flatMap((tier) => {
    const own = rows.filter(({ facts }) => facts?.tier === tier);
    const passes = own.filter(({ status }) => status === "pass").length;
    return own.length === 0 ? [] : [`${tier} ${passes}/${own.length}`];
  });
  const all = `${count("pass")}/${rows.length} pass, ${count("fail")} fail, ${count("unsupported")} unsupported`;
  return tiers.length === 0 ? all : `${all} (${tiers.join(", ")})`;
}

/** Takes the statuses over, and returns what is expected from now on. */
async function writeExpected(
  suite: Suite,
  rows: readonly CaseRow[],
  old: ReadonlyMap<string, ExpectedCase>,
): Promise<ReadonlyMap<string, ExpectedCase>> {
  const { printExpected } = await import("@waferc/testkit/conformance");
  const next = new Map(
    rows.map(({ name, status, detail }): [string, ExpectedCase] => {
      const before = old.get(name);
      if (before?.status === status) return [name, before];
      return [name, { status, reason: status === "pass" ? "" : firstLine(detail) }];
    }),
  );
  writeFileSync(join(EXPECTED, `${suite.name}.tsv`), printExpected(suite.name, next));
  return next;
}
