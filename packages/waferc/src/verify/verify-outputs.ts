// Compares a run's outputs with expected ones: tolerance from flags, else the case, else the element type; a verdict for each output.
import { CompileError, makeDiagnostic } from "@waferc/base";
import {
  compareTensors,
  defaultTolerance,
  elementCount,
  tensorOf,
  toFloat64,
  type Tensor,
  type TensorComparison,
  type Tolerance,
} from "@waferc/numerics";
import { CODES } from "../codes.ts";
import { tensorOfCase, type Case } from "../data/cases.ts";

/** Fields that are not given come from the next source. */
export type ToleranceOverride = { readonly [F in keyof Tolerance]?: Tolerance[F] | undefined };

export interface OutputVerdict extends TensorComparison {
  readonly name: string;
  readonly elements: number;
  readonly tolerance: Tolerance;
  /** Distance of the worst element in representable values, and the part of its tolerance that it uses. */
  readonly worstUlp: number;
  readonly worstUse: number;
}

export interface Verdict {
  readonly pass: boolean;
  readonly outputs: readonly OutputVerdict[];
}

/** The tolerance for an output: earlier sources win, field by field. */
export function resolveTolerance(expected: Tensor, ...sources: readonly ToleranceOverride[]): Tolerance {
  const all = [...sources, defaultTolerance(expected.dtype)];
  const first = (field: keyof Tolerance): number => all.find((source) => source[field] !== undefined)?.[field] ?? 0;
  return { rtol: first("rtol"), atol: first("atol"), peakTol: first("peakTol") };
}

/** Expected outputs of a case by the model's output names; those that the case does not have are left out. */
export function expectedOfCase(data: Case, names: readonly string[]): Map<string, Tensor> {
  const expected = new Map<string, Tensor>();
  names.forEach((name, index) => {
    const tensor = tensorOfCase(data.outputs, index, name);
    if (tensor !== undefined) expected.set(name, tensor);
  });
  if (expected.size > 0) return expected;
  throw new CompileError([
    makeDiagnostic(CODES["CLI-005"], {
      message: `Cannot verify against case "${data.path}": it has no expected output`,
      at: { kind: "argument", name: "--case" },
      help: [`outputs of the model: ${names.join(", ")}`],
    }),
  ]);
}

/** Compares every expected output; one that the run did not give fails. */
export function verifyOutputs(
  actual: ReadonlyMap<string, Tensor>,
  expected: ReadonlyMap<string, Tensor>,
  ...tolerances: readonly ToleranceOverride[]
): Verdict {
  const outputs = [...expected].map(([name, wanted]) => {
    const tolerance = resolveTolerance(wanted, ...tolerances);
    const got = actual.get(name);
    if (got === undefined) throw new RangeError(`the run has no output "${name}"`);
    const comparison = compareTensors(got, wanted, tolerance);
    return {
      name,
      elements: elementCount(wanted.shape),
      tolerance,
      ...comparison,
      ...judgeWorst(comparison, wanted, tolerance),
    };
  });
  return { pass: outputs.every(({ pass }) => pass), outputs };
}

function judgeWorst({ worst }: TensorComparison, expected: Tensor, { rtol, atol, peakTol = 0 }: Tolerance) {
  if (worst === undefined || typeof worst.expected !== "number" || typeof worst.actual !== "number") {
    return { worstUlp: 0, worstUse: 0 };
  }
  const [a, b] = [worst.actual, worst.expected];
  const one = (value: number): Tensor => tensorOf(expected.dtype, [1], [value]);
  const peak =
    peakTol === 0
      ? 0
      : peakTol * toFloat64(expected).reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 0);
  const difference = Math.abs(a - b);
  return {
    worstUlp: compareTensors(one(a), one(b), { rtol, atol }).maxUlp,
    worstUse: difference === 0 ? 0 : difference / (atol + rtol * Math.abs(b) + peak),
  };
}
