// The operands of a local instruction on one core: all views resolved, their shapes compared, destinations tested for repeated
// and overlapped elements (docs/program.md sections 2 and 4.1). What is done with the elements is the engines' business.
import type { ElementType } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import type { CompiledSource, LocalStep } from "./code.ts";
import { roundTo } from "./round.ts";
import { areApart, type CompiledView, isSameView, repeatsElement, ResolvedView, resolveView } from "./view.ts";
import { viewsOverlap } from "./view.ts";

/** Resolved operands of the last instruction; made once and filled again and again. */
export class Operands {
  readonly dst = new ResolvedView();
  readonly a = new ResolvedView();
  readonly b = new ResolvedView();
  readonly cond = new ResolvedView();
  /** Whether source a (also called src) and b are views; otherwise their values, rounded to the operation's type. */
  aIsView = false;
  bIsView = false;
  aValue = 0;
  bValue = 0;
  condIsView = false;
  /** `iota`: value of element 0. `gather`, `scatter`: the base. */
  start = 0;
  /**
   * `matmul`: dst [m, n], a [m, k], b [k, n]. `reduce`: k is the count of the reduced dimension. `gather`, `scatter`: k rows of n elements
   * are moved from or to a table of m rows; a is src, b the index.
   */
  m = 0;
  k = 0;
  n = 0;
  /** Vector calls that the instruction takes (docs/program.md section 7.2). */
  calls = 1;
}

/** Where an instruction runs: its core's frame and memory. */
export interface CoreContext {
  readonly frames: Int32Array;
  frameBase: number;
  memoryBase: number;
}

/**
 * Resolves the operands of `step`.
 * @returns the elements that it computes: of dst; for `reduce` and `scatter` of src; for `matmul` m * k * n. 0 means that it does nothing.
 * Throws `Violation` SIM-003 to SIM-006.
 */
export function resolveOperands(step: LocalStep, at: CoreContext, into: Operands): number {
  const { dst } = into;
  resolveView(step.dst, at.frames, at.frameBase, at.memoryBase, dst);
  into.aIsView = false;
  into.bIsView = false;
  into.condIsView = false;
  into.calls = 1;
  if (dst.total === 0) return 0;
  switch (step.op) {
    case "fill":
      break;
    case "iota":
      into.start = step.start(at.frames, at.frameBase);
      break;
    case "copy":
    case "cast":
      into.aIsView = true;
      resolveLike(step.src, at, dst, into.a);
      break;
    case "unary":
      resolveA(step.src, step.dst.type, at, into);
      break;
    case "binary":
      resolveA(step.a, step.dst.type, at, into);
      resolveB(step.b, step.dst.type, at, into);
      break;
    case "compare":
      resolveA(step.a, step.type, at, into);
      resolveB(step.b, step.type, at, into);
      break;
    case "select":
      into.condIsView = true;
      resolveLike(step.cond, at, dst, into.cond);
      resolveA(step.a, step.dst.type, at, into);
      resolveB(step.b, step.dst.type, at, into);
      break;
    case "reduce":
      return resolveReduce(step, at, into);
    case "matmul":
      return resolveMatmul(step, at, into);
    case "gather":
    case "scatter":
      return resolveRows(step, at, into);
    default:
      step satisfies never;
  }
  if (repeatsElement(dst)) throw repeated(step.dst);
  if (into.aIsView) checkOverlap(dst, into.a, step);
  if (into.bIsView) checkOverlap(dst, into.b, step);
  if (into.condIsView) checkOverlap(dst, into.cond, step);
  return dst.total;
}

function resolveA(source: CompiledSource, type: ElementType, at: CoreContext, into: Operands): void {
  if (source.kind === "view") {
    into.aIsView = true;
    resolveLike(source.view, at, into.dst, into.a);
  } else {
    into.aValue = scalarValue(source, type, at);
  }
}

function resolveB(source: CompiledSource, type: ElementType, at: CoreContext, into: Operands): void {
  if (source.kind === "view") {
    into.bIsView = true;
    resolveLike(source.view, at, into.dst, into.b);
  } else {
    into.bValue = scalarValue(source, type, at);
  }
}

function scalarValue(source: Exclude<CompiledSource, { kind: "view" }>, type: ElementType, at: CoreContext): number {
  if (source.kind === "literal") return source.value;
  return roundTo(type, source.evaluate(at.frames, at.frameBase));
}

/** A source with the destination's counts. */
function resolveLike(view: CompiledView, at: CoreContext, dst: ResolvedView, into: ResolvedView): void {
  resolveView(view, at.frames, at.frameBase, at.memoryBase, into);
  let isSame = into.rank === dst.rank;
  for (let d = 0; d < dst.rank; d++) isSame &&= into.counts[d] === dst.counts[d];
  if (!isSame) throw disagree(view, into, dst);
}

function resolveReduce(step: Extract<LocalStep, { op: "reduce" }>, at: CoreContext, into: Operands): number {
  const { dst, a: src } = into;
  into.aIsView = true;
  resolveView(step.src, at.frames, at.frameBase, at.memoryBase, src);
  if (src.rank !== dst.rank + 1) throw disagree(step.src, src, dst);
  for (let d = 0; d < dst.rank; d++) if (src.counts[d] !== dst.counts[d]) throw disagree(step.src, src, dst);
  into.k = src.counts[dst.rank]!;
  if (into.k <= 0) return 0;
  if (repeatsElement(dst)) throw repeated(step.dst);
  if (viewsOverlap(dst, src)) throw overlaps(step);
  return src.total;
}

function resolveMatmul(step: Extract<LocalStep, { op: "matmul" }>, at: CoreContext, into: Operands): number {
  const { dst, a, b } = into;
  resolveView(step.a, at.frames, at.frameBase, at.memoryBase, a);
  resolveView(step.b, at.frames, at.frameBase, at.memoryBase, b);
  into.aIsView = true;
  into.bIsView = true;
  if (dst.rank !== 2 || a.rank !== 2 || b.rank !== 2) {
    throw new Violation("SIM-005", "Cannot multiply matrices that are not of two dimensions");
  }
  into.m = dst.counts[0]!;
  into.n = dst.counts[1]!;
  into.k = a.counts[1]!;
  if (a.counts[0] !== into.m || b.counts[1] !== into.n || b.counts[0] !== into.k) {
    throw new Violation("SIM-005", `Cannot multiply ${shape(a)} by ${shape(b)} into ${shape(dst)}`);
  }
  if (into.k <= 0) return 0;
  if (repeatsElement(dst)) throw repeated(step.dst);
  if (viewsOverlap(dst, a) || viewsOverlap(dst, b)) throw overlaps(step);
  into.calls = into.k * Math.min(into.m, into.n);
  return into.m * into.n * into.k;
}

type RowsStep = Extract<LocalStep, { op: "gather" | "scatter" }>;

function resolveRows(step: RowsStep, at: CoreContext, into: Operands): number {
  const { dst, a: src, b: index } = into;
  resolveView(step.src, at.frames, at.frameBase, at.memoryBase, src);
  resolveView(step.index, at.frames, at.frameBase, at.memoryBase, index);
  into.aIsView = true;
  into.bIsView = true;
  into.start = step.base(at.frames, at.frameBase);
  checkRows(step, into);
  into.calls = into.k;
  if (into.k <= 0 || into.n <= 0) return 0;
  if (repeatsElement(dst)) throw repeated(step.dst);
  if (viewsOverlap(dst, src) || viewsOverlap(dst, index)) throw overlaps(step);
  return into.k * into.n;
}

/** Sets m, k and n of `gather` and `scatter`, whose views are resolved. Throws `Violation` SIM-005. */
export function checkRows(step: RowsStep, operands: Operands): void {
  const { dst, a: src, b: index } = operands;
  if (dst.rank !== 2 || src.rank !== 2 || index.rank !== 1) {
    throw new Violation("SIM-005", `Cannot ${step.op} rows of views that are not of two dimensions by an index of one`);
  }
  const [moved, table] = step.op === "gather" ? [dst, src] : [src, dst];
  operands.m = table.counts[0]!;
  operands.k = moved.counts[0]!;
  operands.n = dst.counts[1]!;
  if (index.counts[0] === operands.k && src.counts[1] === operands.n) return;
  throw new Violation("SIM-005", `Cannot ${step.op} ${shape(src)} into ${shape(dst)} by an index of ${shape(index)}`);
}

function checkOverlap(dst: ResolvedView, source: ResolvedView, step: LocalStep): void {
  if (areApart(source, dst) || isSameView(dst, source)) return;
  if (viewsOverlap(dst, source)) throw overlaps(step);
}

function disagree(view: CompiledView, source: ResolvedView, dst: ResolvedView): Violation {
  return new Violation("SIM-005", `Cannot use ${shape(source)} of buffer "${view.buffer.name}" for ${shape(dst)}`);
}

export function repeated(view: CompiledView): Violation {
  return new Violation("SIM-006", `Cannot write an element of buffer "${view.buffer.name}" twice in one instruction`);
}

function overlaps(step: LocalStep): Violation {
  const buffer = step.dst.buffer.name;
  return new Violation("SIM-006", `Cannot write buffer "${buffer}" where another operand of the instruction reads it`);
}

function shape(view: ResolvedView): string {
  return `[${Array.from(view.counts.subarray(0, view.rank)).join(",")}]`;
}
