// Random views that lie inside their buffer on every core and in every iteration: strides of any order and sign, offsets with
// variables, buffers that exist or are made for the purpose.
import type { Rng } from "@waferc/base";
import { expr as build } from "@waferc/ir/program";
import type { ElementType, Expr, View } from "@waferc/ir/program";
import type { CodeGroup, Stripe } from "./code-group.ts";
import { randomTerm } from "./core-expr.ts";

/** The count of one dimension, with its largest value over cores and iterations. */
export interface Extent {
  readonly count: Expr;
  readonly max: number;
}

export interface ViewRequest {
  readonly type: ElementType;
  readonly shape: readonly Extent[];
  readonly access: "read" | "write";
  /** Buffers that the view must not be in. */
  readonly avoid?: readonly number[];
  /** Moves the view by `step` elements in each iteration of the innermost loop. */
  readonly step?: number;
}

export interface PlacedView {
  readonly view: View;
  readonly stripe: Stripe | undefined;
}

interface Strides {
  readonly strides: readonly number[];
  /** Smallest and largest distance of an element from the first one. */
  readonly low: number;
  readonly high: number;
}

export function randomView(rng: Rng, group: CodeGroup, request: ViewRequest): PlacedView {
  const { type, shape, access, avoid = [], step = 0 } = request;
  const { strides, low, high } = randomStrides(rng, shape, access);
  const term = randomTerm(rng, group);
  const scope = group.loops.at(-1);
  const reach = step !== 0 && scope ? step * scope.max : 0;
  const base = -Math.min(low, 0) - term.min + rng.pick([0, 0, 0, 1, 3]);
  const elements = base + term.max + Math.max(high, 0) + reach + 1;
  const usable = group.usableBuffers(type, access).filter((b) => !avoid.includes(b));
  const fitting = usable.filter((b) => (group.buffers[b]?.elements ?? 0) >= elements);
  const buffer =
    fitting.length > 0 && rng.chance(0.8) ? rng.pick(fitting) : group.addBuffer(rng, type, elements + rng.below(9));
  const moved = reach > 0 && scope ? build.mul(step, build.variable(scope.variable)) : 0;
  const offset = build.add(term.expr, base, moved);
  const dims = shape.map(({ count }, d) => ({ count, stride: strides[d] ?? 1 }));
  const view = { buffer, offset, dims };
  return { view, stripe: stripeOf(view, shape) };
}

function stripeOf(view: View, shape: readonly Extent[]): Stripe | undefined {
  const [dim] = view.dims;
  const [extent] = shape;
  if (view.dims.length !== 1 || !dim || !extent || dim.stride !== 2 || view.offset.kind !== "const") return undefined;
  return { offset: view.offset.value, count: extent.count, max: extent.max };
}

/** Strides that keep elements apart; sources may repeat along a dimension. */
function randomStrides(rng: Rng, shape: readonly Extent[], access: "read" | "write"): Strides {
  const strides: number[] = shape.map(() => 1);
  let [low, high, span] = [0, 0, rng.pick([1, 1, 1, 2, 2, 3])];
  for (const d of rng.chance(0.7) ? [...shape.keys()].reverse() : rng.shuffle(shape.keys())) {
    const max = Math.max(1, shape[d]?.max ?? 1);
    if (access === "read" && rng.chance(0.08)) {
      strides[d] = 0;
      continue;
    }
    const stride = rng.chance(0.15) ? -span : span;
    strides[d] = stride;
    if (stride < 0) low += stride * (max - 1);
    else high += stride * (max - 1);
    span = span * max + (rng.chance(0.2) ? rng.below(3) : 0);
  }
  return { strides, low, high };
}

/** A factorisation of n into 1 to 3 dimensions, outermost first. */
export function randomShape(rng: Rng, n: number, most = 3): number[] {
  if (n < 2 || most < 2 || rng.chance(0.5)) return [n];
  const divisors = Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
  const outer = rng.pick(divisors);
  return [outer, ...randomShape(rng, n / outer, most - 1)];
}
