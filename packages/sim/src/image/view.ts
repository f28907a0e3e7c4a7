// Views resolved to elements of the memory pool: words for types of 32 bits, half words for those of 16. A compiled view belongs
// to a code; `resolveView` evaluates it on one core into a reusable `ResolvedView` and checks that every element lies inside the
// buffer (SIM-003). Overlap of two views is decided exactly, without enumerating elements; repetition in one view by its strides,
// and by enumeration where those leave it open.
import { elementBytes, is16Bit, type Buffer, type ElementType, type View } from "@waferc/ir/program";
import { Violation } from "../fault.ts";
import { compileExpr, type Evaluate, type Scope } from "./expression.ts";

export const MAX_RANK = 4;

export interface CompiledView {
  readonly buffer: Buffer;
  readonly type: ElementType;
  /** Elements of this type in a word of the pool: 1, or 2 for types of 16 bits. */
  readonly perWord: 1 | 2;
  /** First element of the buffer, in elements from the start of the core's memory. */
  readonly first: number;
  readonly rank: number;
  readonly offset: Evaluate;
  readonly counts: readonly Evaluate[];
  readonly strides: readonly number[];
}

export function compileView(view: View, buffers: readonly Buffer[], scope: Scope): CompiledView {
  const buffer = buffers[view.buffer];
  if (!buffer) throw new Violation("SIM-001", `Cannot find buffer ${view.buffer} of a view`);
  if (view.dims.length > MAX_RANK)
    throw new Violation("SIM-005", `Cannot use a view with ${view.dims.length} dimensions`);
  return {
    buffer,
    type: buffer.type,
    perWord: is16Bit(buffer.type) ? 2 : 1,
    first: buffer.address / elementBytes(buffer.type),
    rank: view.dims.length,
    offset: compileExpr(view.offset, scope).evaluate,
    counts: view.dims.map((dim) => compileExpr(dim.count, scope).evaluate),
    strides: view.dims.map((dim) => dim.stride),
  };
}

/**
 * A view on one core: element (i0, ..) is element `start + i0 * strides[0] + ..` of the pool, counted in words or, where `perWord` is
 * 2, in half words. Mutable, made once, filled often.
 */
export class ResolvedView {
  /** First element; without meaning when `total` is 0. */
  start = 0;
  perWord = 1;
  rank = 0;
  readonly counts = new Int32Array(MAX_RANK);
  readonly strides = new Int32Array(MAX_RANK);
  /** Number of elements; 0 when any count is 0 or less. */
  total = 0;
  /** Least and greatest element addressed. */
  low = 0;
  high = 0;

  copyFrom(other: ResolvedView): void {
    this.start = other.start;
    this.perWord = other.perWord;
    this.rank = other.rank;
    this.counts.set(other.counts);
    this.strides.set(other.strides);
    this.total = other.total;
    this.low = other.low;
    this.high = other.high;
  }
}

/**
 * Evaluates `view` with the frame at `frameBase` for the core whose memory starts at word `memoryBase`.
 * Throws `Violation` SIM-003 or SIM-004.
 */
export function resolveView(
  view: CompiledView,
  frames: Int32Array,
  frameBase: number,
  memoryBase: number,
  into: ResolvedView,
): void {
  const rank = view.rank;
  const counts = into.counts;
  const strides = into.strides;
  let total = 1;
  let low = view.offset(frames, frameBase);
  let high = low;
  const first = low;
  for (let d = 0; d < rank; d++) {
    const count = view.counts[d]!(frames, frameBase);
    const stride = view.strides[d]!;
    counts[d] = count;
    strides[d] = stride;
    total = count <= 0 ? 0 : total * count;
    const reach = (count - 1) * stride;
    if (reach < 0) low += reach;
    else high += reach;
  }
  into.rank = rank;
  into.total = total;
  into.perWord = view.perWord;
  if (total === 0) return;
  if (low < 0 || high >= view.buffer.elements) throw outOfBounds(view, low, high);
  const origin = memoryBase * view.perWord + view.first;
  into.start = origin + first;
  into.low = origin + low;
  into.high = origin + high;
}

function outOfBounds(view: CompiledView, low: number, high: number): Violation {
  const { name, elements } = view.buffer;
  const element = low < 0 ? low : high;
  return new Violation("SIM-003", `Cannot address element ${element} of buffer "${name}": it has ${elements} elements`);
}

/** True if both address the same elements in the same order. */
export function isSameView(a: ResolvedView, b: ResolvedView): boolean {
  if (a.start !== b.start || a.rank !== b.rank || a.perWord !== b.perWord) return false;
  for (let d = 0; d < a.rank; d++) {
    if (a.counts[d] !== b.counts[d] || (a.strides[d] !== b.strides[d] && a.counts[d] !== 1)) return false;
  }
  return true;
}

/** True if some memory is addressed by both. Exact. */
export function viewsOverlap(a: ResolvedView, b: ResolvedView): boolean {
  if (a.total === 0 || b.total === 0 || areApart(a, b)) return false;
  return isReachable(a, b);
}

/** Whether the extents of two views, neither of them empty, have nothing in common. */
export function areApart(a: ResolvedView, b: ResolvedView): boolean {
  if (a.perWord === b.perWord) return a.high < b.low || b.high < a.low;
  // In half words: a word is two.
  const [scaleA, scaleB] = [2 / a.perWord, 2 / b.perWord];
  return scaleA * (a.high + 1) <= scaleB * b.low || scaleB * (b.high + 1) <= scaleA * a.low;
}

// Scratch of `isReachable`: dimensions by falling stride, and for each suffix of them its reach and its common divisor.
const MAX_STEPS = 2 * MAX_RANK + 2;
const stepCounts = new Int32Array(MAX_STEPS);
const stepStrides = new Int32Array(MAX_STEPS);
const suffixReach = new Float64Array(MAX_STEPS);
const suffixDivisor = new Int32Array(MAX_STEPS);

/**
 * Whether some difference of elements is 0. With all strides made positive this asks for i_d in 0 .. count_d - 1 with
 * sum(i_d * stride_d) = target; the search tries the few i_d that the reach of the smaller strides leaves open. If only one
 * of them has 16-bit elements, a word of the other is two half words.
 */
function isReachable(a: ResolvedView, b: ResolvedView): boolean {
  let steps = 0;
  const insert = (count: number, stride: number) => {
    if (count === 1 || stride === 0) return;
    let at = steps++;
    for (; at > 0 && stepStrides[at - 1]! < stride; at--) {
      stepStrides[at] = stepStrides[at - 1]!;
      stepCounts[at] = stepCounts[at - 1]!;
    }
    stepStrides[at] = stride;
    stepCounts[at] = count;
  };
  // Taking elements of `a` from the low end up and of `b` from the high end down gives low(a) + .. = high(b) - ..
  const isMixed = a.perWord !== b.perWord;
  const scaleA = isMixed ? 2 / a.perWord : 1;
  const scaleB = isMixed ? 2 / b.perWord : 1;
  for (let d = 0; d < a.rank; d++) insert(a.counts[d]!, Math.abs(a.strides[d]!) * scaleA);
  for (let d = 0; d < b.rank; d++) insert(b.counts[d]!, Math.abs(b.strides[d]!) * scaleB);
  if (isMixed) insert(2, 1);
  suffixReach[steps] = 0;
  suffixDivisor[steps] = 0;
  for (let d = steps - 1; d >= 0; d--) {
    suffixReach[d] = suffixReach[d + 1]! + (stepCounts[d]! - 1) * stepStrides[d]!;
    suffixDivisor[d] = greatestCommonDivisor(stepStrides[d]!, suffixDivisor[d + 1]!);
  }
  return searchSteps(0, steps, scaleB * b.high + (scaleB - 1) - scaleA * a.low);
}

function searchSteps(d: number, steps: number, target: number): boolean {
  if (target < 0 || target > suffixReach[d]!) return false;
  if (d === steps) return true;
  if (target % suffixDivisor[d]! !== 0) return false;
  const stride = stepStrides[d]!;
  const least = Math.max(0, Math.ceil((target - suffixReach[d + 1]!) / stride));
  const most = Math.min(stepCounts[d]! - 1, Math.floor(target / stride));
  for (let i = least; i <= most; i++) if (searchSteps(d + 1, steps, target - i * stride)) return true;
  return false;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}

/** True if some element of the pool is addressed twice. */
export function repeatsElement(view: ResolvedView): boolean {
  if (view.total <= 1) return false;
  if (isNested(view)) return false;
  const elements = new Set<number>();
  forEachElement(view, (element) => elements.add(element));
  return elements.size < view.total;
}

/** Sufficient for distinct elements: taken by growing stride, each stride exceeds the reach of all smaller ones. */
function isNested(view: ResolvedView): boolean {
  let reach = 0;
  let done = 0;
  for (let step = 0; step < view.rank; step++) {
    let next = -1;
    let least = Infinity;
    for (let d = 0; d < view.rank; d++) {
      const stride = Math.abs(view.strides[d]!);
      if (!(done & (1 << d)) && stride < least) {
        least = stride;
        next = d;
      }
    }
    done |= 1 << next;
    const count = view.counts[next]!;
    if (count === 1) continue;
    if (least <= reach) return false;
    reach += (count - 1) * least;
  }
  return true;
}

/** Calls back with the elements of the view in view order. For checks and plain code, not for hot loops. */
export function forEachElement(view: ResolvedView, visit: (element: number) => void): void {
  if (view.total === 0) return;
  const pad = MAX_RANK - view.rank;
  const count = (d: number) => (d < pad ? 1 : view.counts[d - pad]!);
  const stride = (d: number) => (d < pad ? 0 : view.strides[d - pad]!);
  const [c0, c1, c2, c3] = [count(0), count(1), count(2), count(3)];
  const [s0, s1, s2, s3] = [stride(0), stride(1), stride(2), stride(3)];
  for (let i = 0, a = view.start; i < c0; i++, a += s0) {
    for (let j = 0, b = a; j < c1; j++, b += s1) {
      for (let k = 0, c = b; k < c2; k++, c += s2) {
        for (let l = 0, w = c; l < c3; l++, w += s3) visit(w);
      }
    }
  }
}
