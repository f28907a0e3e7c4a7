// Evidence that values do not depend on time, from compiled models: all engines, a random schedule, perturbed machines.
import { compareEngines } from "./compare-engines.ts";
import type { EngineComparison, EngineComparisonOptions } from "./compare-engines.ts";
import { meshInputs } from "./compile-graph.ts";
import { BERT, compileModel, TINYWORLD_128, TINYWORLD_16 } from "./compile-model.ts";
import type { ModelSubject } from "./compile-model.ts";
import type { Evidence } from "./evidence.ts";
import { PERTURBATIONS } from "./perturbations.ts";

export function compareModel(subject: ModelSubject, root: string, options: EngineComparisonOptions): EngineComparison {
  const { compiled, inputs } = compileModel(subject, root);
  const { program, machine, weights } = compiled;
  return compareEngines({ program, machine, weights, inputs: meshInputs(compiled, inputs) }, options);
}

const SUBJECTS: readonly ModelSubject[] = [BERT, TINYWORLD_16, TINYWORLD_128];

function rowsOf({ name, dims, machine }: ModelSubject, { timings, differences, runs }: EngineComparison): string {
  const dimText = Object.entries(dims).map(([dim, length]) => `${dim} ${length}`);
  const [own] = timings;
  const free = timings.filter(({ contentionEvents }) => contentionEvents === 0).length;
  const error = (cycles = 0, fast = 0) => `${((100 * (fast - cycles)) / Math.max(1, cycles)).toFixed(2)} %`;
  const errors = timings.map(
    (t) => Math.abs(t.fastQuiescentCycles - t.quiescentCycles) / Math.max(1, t.quiescentCycles),
  );
  const cells = [
    `${name}, ${dimText.join(", ")}`,
    machine,
    runs,
    differences.length,
    own?.cycles ?? 0,
    own?.contentionEvents ?? 0,
    error(own?.cycles, own?.fastCycles),
    `${free} of ${timings.length}`,
    `${(100 * Math.max(0, ...errors)).toFixed(2)} %`,
  ];
  return `| ${cells.join(" | ")} |`;
}

export const modelEvidence: Evidence = {
  name: "models",
  claim: "Values of compiled models do not depend on time.",
  unit: "perturbations",
  defaultCount: PERTURBATIONS,
  gather({ count, root, onProgress }) {
    const lines = [
      `Each model once by \`untimed\` in order and once in random order, by \`cycle\` and \`fast\` on its own machine and ${count} perturbed ones.`,
      "",
      "| model | machine | runs | differences | cycles | contention events | `fast`: error in cycles | machines without contention | largest error |",
      "|---|---|---|---|---|---|---|---|---|",
    ];
    const failures: string[] = [];
    for (const subject of SUBJECTS) {
      const onRun = (name: string) => onProgress?.(`${subject.name} on ${subject.machine}: ${name}`);
      const comparison = compareModel(subject, root, { schedules: 1, perturbations: count, onRun });
      lines.push(rowsOf(subject, comparison));
      failures.push(
        ...comparison.differences.map((difference) => `${subject.name} on ${subject.machine}: ${difference}`),
      );
    }
    return { lines, failures };
  },
};
