// Evidence from models as exporters write them: which of the float32 cases compile for a mesh, pass the checker and compute the golden outputs there, and what keeps
// the others from it. A case that compiles but computes otherwise, or computes floats on the host, contradicts the claim; a refused one does not.
import { loadMachine } from "@waferc/machine";
import { readDialectCases } from "../dialects/dialect-cases.ts";
import type { DialectCase } from "../dialects/dialect-cases.ts";
import { bulletsOf } from "./evidence.ts";
import type { Evidence, EvidenceResult } from "./evidence.ts";
import { compileCase } from "./exporters-case.ts";
import type { CaseOutcome, CompiledCase } from "./exporters-case.ts";

const MACHINE = "mesh32x32";
/** Share of the products that a compiled case must run on the mesh. */
const MIN_MAC_SHARE = 0.99;
/** Every so many cases the cycle engine runs too. */
const CYCLE_EVERY = 16;

/** The cases that float32 arithmetic and no refusal at import is expected of. */
export function floatCases(data: string): DialectCase[] {
  return readDialectCases(data).filter(({ expect, dtype }) => expect === "run" && dtype === "float32");
}

export function exporterFailures(outcomes: readonly CaseOutcome[]): string[] {
  return outcomes.flatMap(({ name, compiled }) => {
    if (compiled === undefined) return [];
    const { failures, floatOps, macShare } = compiled;
    const found = [...failures, ...floatOps.map(({ op, node }) => `the host computes ${op} "${node}"`)];
    if (macShare < MIN_MAC_SHARE) found.push(`${(100 * macShare).toFixed(1)} % of the products are on the mesh`);
    return found.map((failure) => `${name}: ${failure}`);
  });
}

function describe(outcomes: readonly CaseOutcome[]): EvidenceResult {
  const compiled = outcomes.filter((outcome) => outcome.compiled !== undefined);
  const foreign = compiled.flatMap((outcome) => (outcome.compiled?.isGoldenForeign === true ? [outcome.name] : []));
  const reasons = blockingReasons(outcomes);
  const lines = [
    `Float32 cases compiled for ${MACHINE} with the shapes of their first data set; integers that hold weights are converted at compile time.`,
    "",
    ...bulletsOf([
      ["cases", outcomes.length],
      ["compiled", compiled.length],
      ["refused", outcomes.length - compiled.length],
      ["compiled, but the golden outputs are not those of the file", foreign.join(", ") || "none"],
    ]),
    "",
    "| case | exporter | cores | SRAM peak | cycles | error, share of tolerance | ops on the host |",
    "|---|---|---|---|---|---|---|",
    ...compiled.map((outcome) => rowOf(outcome, outcome.compiled as CompiledCase)),
    "",
    "| refused | code | node | reason |",
    "|---|---|---|---|",
    ...outcomes.flatMap(({ name, refusals }) =>
      refusals.slice(0, 3).map(({ code, node, reason }) => `| ${name} | ${code} | ${node} | ${reason} |`),
    ),
    "",
    "| cases blocked | by |",
    "|---|---|",
    ...reasons.map(([reason, names]) => `| ${names.length} | ${reason} |`),
  ];
  return { lines, failures: exporterFailures(outcomes) };
}

/** Reasons without their names and numbers, with the cases that have them, most cases first. */
function blockingReasons(outcomes: readonly CaseOutcome[]): (readonly [string, readonly string[]])[] {
  const cases = new Map<string, Set<string>>();
  for (const { name, refusals } of outcomes) {
    for (const { code, reason } of refusals) {
      const general = `${code} ${reason.replaceAll(/"[^"]*"/g, "").replaceAll(/\d+/g, "N")}`;
      cases.set(general, (cases.get(general) ?? new Set()).add(name));
    }
  }
  return [...cases].map(([reason, names]) => [reason, [...names]] as const).sort(([, a], [, b]) => b.length - a.length);
}

function rowOf({ name, exporter }: CaseOutcome, compiled: CompiledCase): string {
  const { cores, sramPeak, cycles, errorUse, hostOps, isGoldenForeign } = compiled;
  const counts = new Map<string, number>();
  for (const { op } of hostOps) counts.set(op, (counts.get(op) ?? 0) + 1);
  const onHost = [...counts].map(([op, count]) => (count === 1 ? op : `${count} ${op}`)).join(", ");
  const error = `${(100 * errorUse).toFixed(1)} %${isGoldenForeign ? " of the reference" : ""}`;
  return `| ${[name, exporter, cores, `${sramPeak} B`, cycles, error, onHost].join(" | ")} |`;
}

export const exporterEvidence: Evidence = {
  name: "exporters",
  claim: "Models as exporters write them compile and compute their golden outputs on the mesh.",
  unit: "cases",
  defaultCount: 127,
  gather({ count, from = 0, data, onProgress }) {
    if (data === undefined) return { lines: [], failures: ["there is no folder of data: set WAFERC_DATA"] };
    const machine = loadMachine(MACHINE);
    const chosen = floatCases(data).slice(from, from + count);
    const outcomes = chosen.map((one, i) => {
      onProgress?.(`${i + 1} of ${chosen.length} cases: ${one.name}`);
      return compileCase(one, machine, { withCycle: i % CYCLE_EVERY === 0 });
    });
    return describe(outcomes);
  },
};
