// Local instructions of the value tape: each binds its views, tests in the first run what docs/program.md asks of its operands,
// and calls the shared kernels with a loop shape that is kept while the counts stay the same.
import type { LocalInstruction, Source } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import type { Claims } from "../image/claims.ts";
import type { CompiledSource, LocalStep } from "../image/code.ts";
import { checkRows, Operands, repeated } from "../image/operands.ts";
import { areApart, isSameView, repeatsElement, type ResolvedView, viewsOverlap } from "../image/view.ts";
import { CANONICAL_NAN, type Memory } from "../kernels/elementwise.ts";
import { halfMatmul, mixedMatmul } from "../kernels/half-matmul.ts";
import { halfFormatOf } from "../kernels/half.ts";
import { executeLocal } from "../kernels/local.ts";
import { matmul, type MatrixView } from "../kernels/matmul.ts";
import { moveRows } from "../kernels/rows.ts";
import { joinDims, LoopShape } from "../kernels/shape.ts";
import { type CellBuilder, evaluateOperand, type Operand } from "./cells.ts";
import { rowFunction, type Scalars } from "./rows-of-local.ts";
import { type CoreContext, ViewSlot } from "./view-slot.ts";
import type { Matmul } from "./wasm-matmul.ts";

export interface LocalTools {
  readonly cells: CellBuilder;
  readonly memory: Memory;
  readonly claims: Claims;
  /** Unfused matmul on the memory where there is a quicker one than the shared kernel. */
  readonly matmul: Matmul | undefined;
}

/** Instructions whose sources may not even be the view that is written. */
const NEVER_IN_PLACE: ReadonlySet<LocalStep["op"]> = new Set(["matmul", "reduce", "gather", "scatter"]);

export class LocalRecord {
  readonly #step: LocalStep;
  readonly #memory: Memory;
  readonly #claims: Claims;
  readonly #matmul: Matmul | undefined;
  readonly #operands = new Operands();
  readonly #dst: ViewSlot;
  readonly #a: ViewSlot | undefined;
  readonly #b: ViewSlot | undefined;
  readonly #cond: ViewSlot | undefined;
  /** Integer expressions for scalar sources and the start of `iota`. */
  readonly #indexA: Operand | undefined;
  readonly #indexB: Operand | undefined;
  readonly #scalars: Scalars;
  readonly #shape = new LoopShape();
  readonly #run: () => void;
  #version = 0;
  /** Nothing to do although the destination is not empty. */
  #isIdle = false;
  readonly #distances = new Float64Array(3).fill(NaN);

  constructor(step: LocalStep, instruction: LocalInstruction, { cells, memory, claims, matmul: quick }: LocalTools) {
    const operands = this.#operands;
    this.#step = step;
    this.#memory = memory;
    this.#claims = claims;
    this.#matmul = quick;
    const words = new Int32Array(2);
    this.#scalars = { words, floats: new Float32Array(words.buffer), halves: new Uint16Array(2) };
    this.#dst = new ViewSlot(step.dst, instruction.dst, cells, operands.dst);
    const [a, b] = sourcesOf(step, instruction);
    this.#a = a?.compiled.kind === "view" ? viewSlot(a, cells, operands.a) : undefined;
    this.#b = b?.compiled.kind === "view" ? viewSlot(b, cells, operands.b) : undefined;
    operands.aIsView = this.#a !== undefined;
    operands.bIsView = this.#b !== undefined;
    operands.condIsView = step.op === "select";
    if (step.op === "select" && instruction.op === "select") {
      this.#cond = new ViewSlot(step.cond, instruction.cond, cells, operands.cond);
    }
    this.#indexA = this.#scalarSource(0, a, cells);
    this.#indexB = this.#scalarSource(1, b, cells);
    if (instruction.op === "iota") this.#indexA = cells.operand(instruction.start);
    if (instruction.op === "gather" || instruction.op === "scatter") this.#indexA = cells.operand(instruction.base);
    if (step.op === "fill") this.#setScalar(0, step.value);
    this.#run = this.#runner();
  }

  /** Throws `Violation` SIM-003 to SIM-006, SIM-011. */
  execute(at: CoreContext): void {
    this.#dst.bind(at);
    if (this.#operands.dst.total === 0) return;
    let version = this.#dst.shapeVersion;
    if (this.#a !== undefined) {
      this.#a.bind(at);
      version += this.#a.shapeVersion;
    }
    if (this.#b !== undefined) {
      this.#b.bind(at);
      version += this.#b.shapeVersion;
    }
    if (this.#cond !== undefined) {
      this.#cond.bind(at);
      version += this.#cond.shapeVersion;
    }
    if (version !== this.#version) this.#reshape(version, at.isChecking);
    if (this.#isIdle) return;
    if (this.#indexA !== undefined) this.#setScalar(0, this.#evaluate(this.#indexA, at));
    if (this.#indexB !== undefined) this.#setScalar(1, this.#evaluate(this.#indexB, at));
    if (at.isChecking) this.#check(at);
    this.#run();
  }

  #evaluate(operand: Operand, at: CoreContext): number {
    return evaluateOperand(operand, at.cells, at.rows, at.row, at.frames, at.frame);
  }

  #setScalar(index: number, value: number): void {
    const step = this.#step;
    const type = step.op === "compare" ? step.type : step.dst.type;
    if (index === 0) this.#operands.start = value;
    const format = halfFormatOf(type);
    if (format) this.#scalars.halves[index] = format.encode(value);
    else if (Number.isNaN(value)) this.#scalars.words[index] = CANONICAL_NAN;
    else if (type === "f32") this.#scalars.floats[index] = value;
    else this.#scalars.words[index] = value;
  }

  #scalarSource(index: number, pair: SourcePair | undefined, cells: CellBuilder): Operand | undefined {
    if (!pair || pair.compiled.kind === "view") return undefined;
    if (pair.compiled.kind === "literal") this.#setScalar(index, pair.compiled.value);
    return pair.source.kind === "index" ? cells.operand(pair.source.expr) : undefined;
  }

  #runner(): () => void {
    const [step, operands, memory] = [this.#step, this.#operands, this.#memory];
    switch (step.op) {
      case "matmul":
        return this.#matmulRunner(step);
      case "gather":
      case "scatter":
        return () => moveRows(step, operands, memory);
      case "reduce":
      case "iota":
        return () => executeLocal(step, operands, memory);
      default: {
        const [aIsView, bIsView] = [operands.aIsView, operands.bIsView];
        const row = rowFunction(step, this.#shape, memory, this.#scalars, { a: aIsView, b: bIsView });
        const { counts, strides } = this.#shape;
        return () => {
          const d = operands.dst.start;
          const a = aIsView ? operands.a.start : 0;
          const b = bIsView ? operands.b.start : 1;
          const cond = operands.cond.start;
          const [n0, n1, n2] = [counts[0]!, counts[1]!, counts[2]!];
          for (let i = 0; i < n0; i++) {
            for (let j = 0; j < n1; j++) {
              for (let k = 0; k < n2; k++) {
                row(
                  d + i * strides[0]! + j * strides[1]! + k * strides[2]!,
                  a + i * strides[4]! + j * strides[5]! + k * strides[6]!,
                  b + i * strides[8]! + j * strides[9]! + k * strides[10]!,
                  cond + i * strides[12]! + j * strides[13]! + k * strides[14]!,
                );
              }
            }
          }
        };
      }
    }
  }

  #matmulRunner({ fused: isFused, dst: to, a: from }: Extract<LocalStep, { op: "matmul" }>): () => void {
    const { dst, a, b } = this.#operands;
    const [matrixDst, matrixA, matrixB] = [new Matrix(), new Matrix(), new Matrix()];
    const format = halfFormatOf(from.type);
    const quick = isFused || format ? undefined : this.#matmul;
    const halfProduct = to.type === "f32" ? mixedMatmul : halfMatmul;
    return () => {
      matrixDst.follow(dst);
      matrixA.follow(a);
      matrixB.follow(b);
      const [m, k, n] = [dst.counts[0]!, a.counts[1]!, dst.counts[1]!];
      if (format) halfProduct(this.#memory, format, isFused, m, k, n, matrixDst, matrixA, matrixB);
      else if (quick) quick(m, k, n, matrixDst, matrixA, matrixB);
      else matmul(this.#memory, isFused, m, k, n, matrixDst, matrixA, matrixB);
    };
  }

  /** Follows a change of counts; tests them where that is asked for. */
  #reshape(version: number, isChecking: boolean): void {
    const { dst, a, b, cond, aIsView, bIsView, condIsView } = this.#operands;
    const step = this.#step;
    this.#version = version;
    this.#distances.fill(NaN);
    this.#isIdle = false;
    if (step.op === "matmul") this.#reshapeMatmul();
    else if (step.op === "reduce") this.#reshapeReduce();
    else if (step.op === "gather" || step.op === "scatter") {
      checkRows(step, this.#operands);
      this.#isIdle = this.#operands.k <= 0 || this.#operands.n <= 0;
    } else {
      if (isChecking) {
        if (aIsView) this.#checkCounts(a, this.#a!);
        if (bIsView) this.#checkCounts(b, this.#b!);
        if (condIsView) this.#checkCounts(cond, this.#cond!);
      }
      const optional = (isView: boolean, view: ResolvedView) => (isView ? view : undefined);
      joinDims(this.#shape, dst, optional(aIsView, a), optional(bIsView, b), optional(condIsView, cond));
    }
    if (isChecking && !this.#isIdle && repeatsElement(dst)) throw repeated(step.dst);
  }

  #reshapeMatmul(): void {
    const { dst, a, b } = this.#operands;
    if (dst.rank !== 2 || a.rank !== 2 || b.rank !== 2) {
      throw new Violation("SIM-005", "Cannot multiply matrices that are not of two dimensions");
    }
    const fits = a.counts[0] === dst.counts[0] && b.counts[1] === dst.counts[1] && b.counts[0] === a.counts[1];
    if (!fits) throw new Violation("SIM-005", `Cannot multiply ${shapeOf(a)} by ${shapeOf(b)} into ${shapeOf(dst)}`);
    this.#isIdle = a.counts[1]! <= 0;
  }

  #reshapeReduce(): void {
    const { dst, a: src } = this.#operands;
    let fits = src.rank === dst.rank + 1;
    for (let d = 0; d < dst.rank; d++) fits &&= src.counts[d] === dst.counts[d];
    if (!fits) throw disagree(this.#a!, dst);
    this.#operands.k = src.counts[dst.rank]!;
    this.#isIdle = this.#operands.k <= 0;
  }

  #checkCounts(view: ResolvedView, slot: ViewSlot): void {
    const { dst } = this.#operands;
    let isSame = view.rank === dst.rank;
    for (let d = 0; d < dst.rank; d++) isSame &&= view.counts[d] === dst.counts[d];
    if (!isSame) throw disagree(slot, dst);
  }

  #check(at: CoreContext): void {
    const { dst, a, b, cond, aIsView, bIsView, condIsView } = this.#operands;
    if (aIsView) this.#checkOverlap(0, a);
    if (bIsView) this.#checkOverlap(1, b);
    if (condIsView) this.#checkOverlap(2, cond);
    if (!this.#claims.hasOutstanding(at.core)) return;
    this.#claims.checkView(at.core, dst, "write");
    if (aIsView) this.#claims.checkView(at.core, a, "read");
    if (bIsView) this.#claims.checkView(at.core, b, "read");
    if (condIsView) this.#claims.checkView(at.core, cond, "read");
  }

  /** While shapes stay the same, overlap depends on the distance of the views alone. */
  #checkOverlap(index: number, source: ResolvedView): void {
    const { dst } = this.#operands;
    if (areApart(source, dst)) return;
    const distance = (source.start * 2) / source.perWord - (dst.start * 2) / dst.perWord;
    if (this.#distances[index] === distance) return;
    const step = this.#step;
    const mayBeSame = !NEVER_IN_PLACE.has(step.op);
    if (!(mayBeSame && isSameView(dst, source)) && viewsOverlap(dst, source)) {
      const buffer = step.dst.buffer.name;
      throw new Violation(
        "SIM-006",
        `Cannot write buffer "${buffer}" where another operand of the instruction reads it`,
      );
    }
    this.#distances[index] = distance;
  }
}

class Matrix implements MatrixView {
  start = 0;
  row = 0;
  column = 0;

  follow(view: ResolvedView): void {
    this.start = view.start;
    this.row = view.strides[0]!;
    this.column = view.strides[1]!;
  }
}

interface SourcePair {
  readonly compiled: CompiledSource;
  readonly source: Source;
}

function viewSlot({ compiled, source }: SourcePair, cells: CellBuilder, resolved: ResolvedView): ViewSlot | undefined {
  if (compiled.kind !== "view" || source.kind !== "view") return undefined;
  return new ViewSlot(compiled.view, source.view, cells, resolved);
}

/** Sources a and b, in compiled and in written form; `step` was compiled from `instruction`. */
function sourcesOf(step: LocalStep, instruction: LocalInstruction): readonly [SourcePair?, SourcePair?] {
  switch (step.op) {
    case "fill":
    case "iota":
      return [];
    case "copy":
    case "cast":
    case "reduce":
      if (instruction.op !== step.op) break;
      return [{ compiled: { kind: "view", view: step.src }, source: { kind: "view", view: instruction.src } }];
    case "unary":
      if (instruction.op !== step.op) break;
      return [{ compiled: step.src, source: instruction.src }];
    case "binary":
    case "compare":
    case "select":
      if (instruction.op !== step.op) break;
      return [
        { compiled: step.a, source: instruction.a },
        { compiled: step.b, source: instruction.b },
      ];
    case "matmul":
      if (instruction.op !== step.op) break;
      return [
        { compiled: { kind: "view", view: step.a }, source: { kind: "view", view: instruction.a } },
        { compiled: { kind: "view", view: step.b }, source: { kind: "view", view: instruction.b } },
      ];
    case "gather":
    case "scatter":
      if (instruction.op !== step.op) break;
      return [
        { compiled: { kind: "view", view: step.src }, source: { kind: "view", view: instruction.src } },
        { compiled: { kind: "view", view: step.index }, source: { kind: "view", view: instruction.index } },
      ];
    default:
      return step satisfies never;
  }
  throw new RangeError(`steps of a compiled code follow its instructions: ${step.op}, ${instruction.op}`);
}

function disagree(slot: ViewSlot, dst: ResolvedView): Violation {
  const { name } = slot.view.buffer;
  return new Violation("SIM-005", `Cannot use ${shapeOf(slot.resolved)} of buffer "${name}" for ${shapeOf(dst)}`);
}

function shapeOf(view: ResolvedView): string {
  return `[${Array.from(view.counts.subarray(0, view.rank)).join(",")}]`;
}
