// Random local instructions of a code, executed by all of its cores: every instruction, type, kind of operand, in place or not,
// now and then in local loops, or between the elements that an asynchronous operation holds.
import type { Rng } from "@waferc/base";
import { ELEMENT_TYPES, expr as build, is16Bit } from "@waferc/ir/program";
import type { BinaryFn, CompareFn, ElementType, ReduceFn, Source, UnaryFn, View } from "@waferc/ir/program";
import type { CodeGroup } from "./code-group.ts";
import { disguise, randomTerm } from "./core-expr.ts";
import { randomView } from "./random-view.ts";
import type { Extent } from "./random-view.ts";
import { randomLiteral, randomType } from "./values.ts";

const UNARY: readonly UnaryFn[] = [
  "neg",
  "abs",
  "exp",
  "log",
  "erf",
  "tanh",
  "sin",
  "cos",
  "sqrt",
  "rsqrt",
  "recip",
  "floor",
];
const BINARY: readonly BinaryFn[] = ["add", "sub", "mul", "div", "min", "max"];
const COMPARE: readonly CompareFn[] = ["eq", "ne", "lt", "le", "gt", "ge"];
export const REDUCE: readonly ReduceFn[] = ["add", "max", "min"];

/** Appends one local instruction, or a loop with one or two in it. */
export function emitLocalStep(rng: Rng, group: CodeGroup): void {
  if (group.claims.length > 0 && rng.chance(0.3) && emitBetweenStripes(rng, group)) return;
  if (group.loops.length < 3 && rng.chance(0.12)) {
    const times = rng.between(1, 3);
    group.beginLoop(times - 1);
    for (let i = rng.between(1, 2); i > 0; i--) emitLocalStep(rng, group);
    group.endLoop(disguise(rng, group, times));
    return;
  }
  emitInstruction(rng, group);
}

function emitInstruction(rng: Rng, group: CodeGroup): void {
  const type = randomType(rng);
  const { kernel } = group;
  const kind = rng.below(22);
  if (kind >= 20) return emitRows(rng, group, type);
  if (kind < 2) return emitMatmul(rng, group);
  if (kind < 4) return emitReduce(rng, group, type);
  const shape = randomExtents(rng, group);
  if (kind < 6) return emitCompare(rng, group, shape, type);
  const dst = randomView(rng, group, { type, shape, access: "write" }).view;
  const source = () => randomSource(rng, group, type, dst, shape);
  const view = (of: ElementType) => viewSource(rng, group, of, dst, shape);
  if (kind < 7) return group.push({ op: "fill", kernel, dst, value: randomLiteral(rng, type) });
  if (kind < 9) {
    return group.push({ op: "iota", kernel, dst, start: randomTerm(rng, group).expr, step: rng.between(-3, 3) });
  }
  if (kind < 11) return group.push({ op: "copy", kernel, dst, src: view(type) });
  if (kind < 12)
    return group.push({ op: "cast", kernel, dst, src: view(rng.pick(ELEMENT_TYPES.filter((of) => of !== type))) });
  if (kind < 15) {
    const fn = rng.pick(type === "i32" ? (["neg", "abs"] as const) : UNARY);
    return group.push({ op: "unary", kernel, fn, dst, src: source() });
  }
  if (kind < 18) return group.push({ op: "binary", kernel, fn: rng.pick(BINARY), dst, a: source(), b: source() });
  const cond = viewSource(rng, group, "i32", dst, shape);
  group.push({ op: "select", kernel, dst, cond, a: source(), b: source() });
}

function emitMatmul(rng: Rng, group: CodeGroup): void {
  const [m, k, n] = [extentOf(rng, group, 4), extentOf(rng, group, 5), extentOf(rng, group, 4)];
  const factors = rng.pick<ElementType>(["f32", "f32", "f16", "bf16"]);
  const type = rng.chance(0.5) ? "f32" : factors;
  const dst = randomView(rng, group, { type, shape: [m, n], access: "write" }).view;
  const of = (shape: readonly Extent[]) =>
    randomView(rng, group, { type: factors, shape, access: "read", avoid: [dst.buffer] }).view;
  group.push({ op: "matmul", kernel: group.kernel, dst, a: of([m, k]), b: of([k, n]), fused: rng.chance(0.3) });
}

function emitReduce(rng: Rng, group: CodeGroup, type: ElementType): void {
  const shape = randomExtents(rng, group).slice(0, 3);
  const sums = is16Bit(type) && rng.chance(0.5) ? "f32" : type;
  const dst = randomView(rng, group, { type: sums, shape, access: "write" }).view;
  const inner = extentOf(rng, group, 5);
  const request = { type, shape: [...shape, inner], access: "read", avoid: [dst.buffer] } as const;
  group.push({
    op: "reduce",
    kernel: group.kernel,
    fn: rng.pick(REDUCE),
    dst,
    src: randomView(rng, group, request).view,
  });
}

/** Rows by an index, which is often made of small numbers first, so that some of the rows exist. */
function emitRows(rng: Rng, group: CodeGroup, type: ElementType): void {
  const { kernel } = group;
  const [table, moved, width] = [extentOf(rng, group, 6), extentOf(rng, group, 5), extentOf(rng, group, 4)];
  const isGather = rng.chance(0.5);
  const index = randomView(rng, group, { type: "i32", shape: [moved], access: "write" }).view;
  if (rng.chance(0.8)) {
    const step = rng.pick([0, 1, 1, 2, -1]);
    const start = rng.chance(0.7) ? build.constant(rng.below(3)) : randomTerm(rng, group).expr;
    group.push({ op: "iota", kernel, dst: index, start, step });
  }
  const [to, from] = isGather ? [moved, table] : [table, moved];
  const avoid = [index.buffer];
  const dst = randomView(rng, group, { type, shape: [to, width], access: "write", avoid }).view;
  const src = randomView(rng, group, { type, shape: [from, width], access: "read", avoid: [dst.buffer] }).view;
  const base = rng.chance(0.7) ? build.constant(rng.between(-1, 1)) : randomTerm(rng, group).expr;
  group.push({ op: isGather ? "gather" : "scatter", kernel, dst, src, index, base });
}

function emitCompare(rng: Rng, group: CodeGroup, shape: readonly Extent[], type: ElementType): void {
  const dst = randomView(rng, group, { type: "i32", shape, access: "write" }).view;
  const first: Source = { kind: "view", view: viewSource(rng, group, type, dst, shape) };
  const second = randomSource(rng, group, type, dst, shape);
  const [a, b] = rng.chance(0.5) ? [first, second] : [second, first];
  group.push({ op: "compare", kernel: group.kernel, fn: rng.pick(COMPARE), dst, a, b });
}

/** The destination itself, or a view of another buffer. */
function viewSource(rng: Rng, group: CodeGroup, type: ElementType, dst: View, shape: readonly Extent[]): View {
  if (group.buffers[dst.buffer]?.type === type && rng.chance(0.25)) return dst;
  return randomView(rng, group, { type, shape, access: "read", avoid: [dst.buffer] }).view;
}

function randomSource(rng: Rng, group: CodeGroup, type: ElementType, dst: View, shape: readonly Extent[]): Source {
  if (rng.chance(0.15)) return { kind: "literal", value: randomLiteral(rng, type) };
  if (rng.chance(0.12)) return { kind: "index", expr: randomTerm(rng, group).expr };
  return { kind: "view", view: viewSource(rng, group, type, dst, shape) };
}

/** 0 to 3 dimensions of a few elements each; now and then one depends on a loop variable or the core, or is empty. */
function randomExtents(rng: Rng, group: CodeGroup): Extent[] {
  const rank = rng.pick([0, 1, 1, 1, 1, 2, 2, 3]);
  return Array.from({ length: rank }, () => extentOf(rng, group, rank === 1 ? 16 : rank === 2 ? 5 : 3));
}

function extentOf(rng: Rng, group: CodeGroup, most: number): Extent {
  if (rng.chance(0.15)) {
    const term = randomTerm(rng, group);
    return { count: build.min(most, term.expr), max: Math.max(0, Math.min(most, term.max)) };
  }
  const max = rng.chance(0.03) ? 0 : rng.between(1, most);
  return { count: disguise(rng, group, max), max };
}

/** Changes what lies between the elements of an outstanding operation. */
function emitBetweenStripes(rng: Rng, group: CodeGroup): boolean {
  const claims = group.claims.filter(({ stripe, buffer }) => {
    const isAlone = group.claims.filter((claim) => claim.buffer === buffer).length === 1;
    return stripe && isAlone && stripe.offset + 2 * stripe.max <= (group.buffers[buffer]?.elements ?? 0);
  });
  if (claims.length === 0) return false;
  const { stripe, buffer } = rng.pick(claims);
  const type = group.buffers[buffer]?.type;
  if (!stripe || !type) return false;
  const dst: View = {
    buffer,
    offset: { kind: "const", value: stripe.offset + 1 },
    // On cores that do not take part the count may be anything.
    dims: [{ count: build.min(stripe.count, stripe.max), stride: 2 }],
  };
  if (rng.chance(0.5)) group.push({ op: "fill", kernel: group.kernel, dst, value: randomLiteral(rng, type) });
  else group.push({ op: "unary", kernel: group.kernel, fn: "neg", dst, src: { kind: "view", view: dst } });
  return true;
}
