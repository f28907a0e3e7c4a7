// What a model takes and gives: named tensors in the order of the ONNX file. Also the check that data fits.
import { CompileError, makeDiagnostic, type Diagnostic } from "@waferc/base";
import type { Graph, Shape } from "@waferc/ir/graph";
import { valueOf } from "@waferc/ir/graph";
import { describeTensor, isDType, type DType, type Tensor } from "@waferc/numerics";
import { CODES } from "../codes.ts";
import { didYouMean } from "./closest-name.ts";

export interface TensorSpec {
  readonly name: string;
  /** Absent where the file does not say. */
  readonly dtype?: DType | undefined;
  /** Absent if the rank is unknown. Names stand for any length. */
  readonly shape?: Shape | undefined;
}

export function inputSpecs(graph: Graph): readonly TensorSpec[] {
  return graph.inputs.map((id) => {
    const { name, dtype, shape } = valueOf(graph, id);
    return { name, dtype, shape };
  });
}

export function outputSpecs(graph: Graph): readonly TensorSpec[] {
  return graph.outputs.map(({ name, value }) => {
    const { dtype, shape } = valueOf(graph, value);
    return { name, dtype, shape };
  });
}

export function printSpec({ dtype, shape }: TensorSpec): string {
  return `${dtype ?? "?"}[${shape?.join(",") ?? "*"}]`;
}

/** Reads a spec that came from JSON. */
export function parseSpec(value: unknown): TensorSpec | undefined {
  const { name, dtype, shape } = (value ?? {}) as { name?: unknown; dtype?: unknown; shape?: unknown };
  if (typeof name !== "string" || typeof dtype !== "string" || !isDType(dtype) || !Array.isArray(shape))
    return undefined;
  return { name, dtype, shape: shape as Shape };
}

/** Whether a tensor may stand where the spec is; symbols match any length. */
export function fitsSpec(tensor: Tensor, { dtype, shape }: TensorSpec): boolean {
  if (dtype !== undefined && dtype !== tensor.dtype) return false;
  if (shape === undefined) return true;
  return (
    shape.length === tensor.shape.length &&
    shape.every((dim, axis) => typeof dim === "string" || dim === tensor.shape[axis])
  );
}

/**
 * All inputs that the specs name, each of the right type and shape; says everything that is wrong.
 * @throws CompileError CLI-002
 */
export function checkInputs(
  specs: readonly TensorSpec[],
  given: ReadonlyMap<string, Tensor>,
  help: readonly string[] = [],
): void {
  const problems: Diagnostic[] = [];
  const report = (message: string, hints: readonly string[]): void => {
    problems.push(
      makeDiagnostic(CODES["CLI-002"], { message, at: { kind: "argument", name: "--input" }, help: hints }),
    );
  };
  const names = specs.map(({ name }) => name);
  for (const name of given.keys()) {
    if (names.includes(name)) continue;
    report(`Cannot use input "${name}": the model has none of that name`, [
      ...didYouMean(name, names),
      `inputs: ${specs.map((spec) => `${spec.name} ${printSpec(spec)}`).join(", ")}`,
    ]);
  }
  for (const spec of specs) {
    const tensor = given.get(spec.name);
    if (tensor === undefined) {
      report(`Cannot run without input "${spec.name}" ${printSpec(spec)}`, [
        "give --case CASE, --input NAME=FILE, or --random-inputs",
        ...help,
      ]);
    } else if (!fitsSpec(tensor, spec)) {
      report(`Cannot feed ${describeTensor(tensor)} to input "${spec.name}", which is ${printSpec(spec)}`, help);
    }
  }
  if (problems.length > 0) throw new CompileError(problems);
}
