// What a program computes, as expressions: a run in which every value is the term that it was computed by. Two programs whose outputs have equal
// terms compute the same function of their inputs, whatever the inputs are. By docs/program.md section 10 any schedule gives
// these terms, so there is one, without time. Assumes a program that an engine has run to its end: it finds no faults of its own.
import { enumerateCores, is16Bit } from "@waferc/ir/program";
import type { Entry, ParamValue, Program, TensorData, TensorSource } from "@waferc/ir/program";
import { evaluateExpr } from "@waferc/ir/program";
import { SymbolicCore } from "./symbolic-core.ts";
import { SymbolicFabric } from "./symbolic-fabric.ts";
import { apply, constantTerm, integerTerm, tagOf } from "./term.ts";
import type { Term } from "./term.ts";

export interface SymbolicResult {
  /** Terms of the wavelets of each `out` stream, by its tensor's name. */
  readonly outputs: ReadonlyMap<string, readonly Term[]>;
  /** One term for the final memory of all cores. */
  readonly memory: Term;
  /** Whether every core came to its end. */
  readonly isComplete: boolean;
}

export interface SymbolicSubject {
  readonly program: Program;
  readonly weights: TensorSource;
  readonly steps?: ReadonlyMap<string, number>;
  /** Whether terms hold for inputs only with which every value is finite: more are equal then. False by default. */
  readonly isFinite?: boolean;
}

/** Runs the first entry on terms. */
export function runSymbolically(subject: SymbolicSubject): SymbolicResult {
  const { program } = subject;
  const entry = program.entries[0]!;
  const fabric = new SymbolicFabric(program, entry);
  const cores = makeCores(subject, entry, fabric);
  for (const stream of entry.streams) {
    if (stream.direction !== "in") continue;
    const elements = stream.shape.reduce((product, extent) => product * extent, 1);
    const tag = tagOf(`in ${stream.tensor}`);
    const { x, y, side } = stream.port;
    const lane = fabric.lane(x, y, stream.color);
    const terms = Array.from({ length: elements }, (_, i) => integerTerm(tag, i));
    for (const wavelet of is16Bit(stream.type) ? fabric.pairs.pack(terms) : terms) lane.queues[side].push(wavelet);
    fabric.settle(lane);
  }
  let before = -1;
  while (fabric.moves !== before) {
    before = fabric.moves;
    for (const core of cores) if (!core.hasEnded) core.go();
  }
  const outputs = new Map(
    entry.streams
      .filter(({ direction }) => direction === "out")
      .map(({ tensor, color, port: { x, y, side } }) => [tensor, fabric.leftAt(x, y, side, color)]),
  );
  return { outputs, memory: digestOf(cores), isComplete: cores.every(({ hasEnded }) => hasEnded) };
}

/** In the order of their coordinates, so that the digest of memory does not depend on classes. */
function makeCores(subject: SymbolicSubject, entry: Entry, fabric: SymbolicFabric): SymbolicCore[] {
  const { program, weights, steps = new Map<string, number>(), isFinite = false } = subject;
  const cores = entry.classes.flatMap((coreClass) => {
    const code = entry.codes[coreClass.code]!;
    return [...enumerateCores(coreClass.cores)].map(({ x, y }, index) => {
      const params = coreClass.params.map((param, i) => [code.params[i]!, valueOf(param, index, x, y)] as const);
      const variables = new Map([...steps, ...params]);
      return { x, y, core: new SymbolicCore({ code, coreClass, x, y, variables, isFinite }, fabric) };
    });
  });
  cores.sort((a, b) => a.y - b.y || a.x - b.x);
  const terms = program.tensors.map((_, tensor) => termsOf(weights(tensor)));
  for (const { core } of cores) {
    for (const binding of core.code.bindings) {
      core.preload(binding, program.tensors[binding.tensor]!.shape, terms[binding.tensor]!);
    }
  }
  return cores.map(({ core }) => core);
}

function termsOf(data: TensorData): Float64Array {
  const bits = data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data;
  return Float64Array.from(bits, constantTerm);
}

function valueOf(param: ParamValue, index: number, x: number, y: number): number {
  if (param.kind === "table") return param.values[index]!;
  const place: [string, number][] = Object.entries({ x, y });
  return evaluateExpr(param.expr, new Map(place));
}

function digestOf(cores: readonly SymbolicCore[]): Term {
  const tag = tagOf("memory");
  return cores.reduce((digest, { memory }) => memory.reduce((sum, term) => apply(tag, sum, term), digest), 0);
}

/** Whether two programs leave the same terms in their streams; with `memory`, also in every core. */
export function computeTheSame(a: SymbolicResult, b: SymbolicResult, { memory = false } = {}): boolean {
  if (!a.isComplete || !b.isComplete || a.outputs.size !== b.outputs.size) return false;
  if (memory && a.memory !== b.memory) return false;
  return [...a.outputs].every(([tensor, terms]) => {
    const others = b.outputs.get(tensor);
    return others?.length === terms.length && terms.every((term, i) => term === others[i]);
  });
}
