// Integer expressions with given values on given cores: the same for all, affine in x and y, an indicator of a rectangle or of
// a parity, or a parameter. Constants are disguised now and then, so that every operator occurs.
import type { Rng } from "@waferc/base";
import { expr as build, exprRange } from "@waferc/ir/program";
import type { Expr, Interval } from "@waferc/ir/program";
import type { CodeGroup } from "./code-group.ts";

const x: Expr = { kind: "var", name: "x" };
const y: Expr = { kind: "var", name: "y" };

/** An expression that is `value` everywhere. */
export function disguise(rng: Rng, group: CodeGroup, value: number): Expr {
  const plain: Expr = { kind: "const", value };
  if (!rng.chance(0.3)) return plain;
  const by = rng.between(1, 5);
  switch (rng.below(7)) {
    case 0:
      return {
        kind: "add",
        terms: [
          { kind: "const", value: value - by },
          { kind: "const", value: by },
        ],
      };
    case 1:
      return { kind: "floordiv", of: { kind: "const", value: value * by + rng.below(by) }, by };
    case 2:
      return value < 0
        ? plain
        : { kind: "mod", of: { kind: "const", value: value - 3 * (value + by) }, by: value + by };
    case 3:
      return { kind: "min", args: [{ kind: "add", terms: [x, { kind: "const", value }] }, plain] };
    case 4:
      return { kind: "max", args: [plain, { kind: "add", terms: [{ kind: "mul", factor: -1, of: y }, plain] }] };
    case 5:
      return { kind: "var", name: group.param(new Map(group.cores.map((core) => [core, value]))) };
    default: {
      const factor = group.param(new Map(group.cores.map((core) => [core, value % 2 === 0 ? 2 : 1])));
      return { kind: "mul", factor, of: { kind: "const", value: value % 2 === 0 ? value / 2 : value } };
    }
  }
}

/**
 * An expression with these values on these cores; on the group's other cores it is 0 if `rest` says so, else anything.
 */
export function exprFor(rng: Rng, group: CodeGroup, values: ReadonlyMap<number, number>, rest: "zero" | "free"): Expr {
  const cores = rest === "zero" ? group.cores : [...values.keys()];
  const wanted = new Map(cores.map((core) => [core, values.get(core) ?? 0]));
  const [first = 0] = wanted.values();
  if ([...wanted.values()].every((value) => value === first)) return disguise(rng, group, first);
  if (rng.chance(0.3)) return { kind: "var", name: group.param(values) };
  const candidates = [affineFit(group, wanted), rectFit(group, wanted), parityFit(rng, group, wanted)];
  const found = candidates.filter((candidate) => candidate !== undefined);
  return found.length > 0 ? rng.pick(found) : { kind: "var", name: group.param(values) };
}

/** 1 on these cores of the group, 0 on its others. */
export function indicatorOf(rng: Rng, group: CodeGroup, cores: Iterable<number>): Expr {
  return exprFor(rng, group, new Map([...cores].map((core) => [core, 1])), "zero");
}

/** a*x + b*y + c with small a and b, if that has these values. */
export function affineFit(group: { readonly width: number }, wanted: ReadonlyMap<number, number>): Expr | undefined {
  const points = [...wanted].map(
    ([core, value]) => [core % group.width, Math.floor(core / group.width), value] as const,
  );
  const [first] = points;
  if (!first) return undefined;
  for (const a of [0, 1, -1, 2, -2, 3, -3]) {
    for (const b of [0, 1, -1, 2, -2, 3, -3]) {
      const c = first[2] - a * first[0] - b * first[1];
      if (points.every(([px, py, value]) => a * px + b * py + c === value)) {
        return build.add(build.mul(a, x), build.mul(b, y), c);
      }
    }
  }
  return undefined;
}

/** The only value other than 0, and its cores. */
function soleValue(wanted: ReadonlyMap<number, number>): { value: number; cores: number[] } | undefined {
  const cores = [...wanted].filter(([, value]) => value !== 0).map(([core]) => core);
  const value = wanted.get(cores[0] ?? -1);
  if (value === undefined || value < 0 || cores.some((core) => wanted.get(core) !== value)) return undefined;
  return { value, cores };
}

function rectFit(group: CodeGroup, wanted: ReadonlyMap<number, number>): Expr | undefined {
  const sole = soleValue(wanted);
  if (!sole) return undefined;
  const [x0, x1] = extent(sole.cores.map((core) => core % group.width));
  const [y0, y1] = extent(sole.cores.map((core) => Math.floor(core / group.width)));
  for (const core of wanted.keys()) {
    const [cx, cy] = [core % group.width, Math.floor(core / group.width)];
    const isInside = cx >= x0 && cx <= x1 && cy >= y0 && cy <= y1;
    if (isInside !== sole.cores.includes(core)) return undefined;
  }
  const inside = build.min(1, build.sub(x, x0 - 1), build.sub(x1 + 1, x), build.sub(y, y0 - 1), build.sub(y1 + 1, y));
  return build.mul(sole.value, build.max(0, inside));
}

function extent(values: readonly number[]): readonly [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function parityFit(rng: Rng, group: CodeGroup, wanted: ReadonlyMap<number, number>): Expr | undefined {
  const sole = soleValue(wanted);
  if (!sole) return undefined;
  const by = rng.between(2, 3);
  for (const of of [x, y, build.add(x, y)]) {
    const rank = (core: number): number => {
      const [cx, cy] = [core % group.width, Math.floor(core / group.width)];
      return of === x ? cx : of === y ? cy : cx + cy;
    };
    const rest = rank(sole.cores[0] ?? 0) % by;
    if (![...wanted.keys()].every((core) => (rank(core) % by === rest) === sole.cores.includes(core))) continue;
    return build.mul(sole.value, build.floorDiv(build.mod(build.add(of, by - 1 - rest), by), by - 1));
  }
  return undefined;
}

/** A small expression over whatever is in scope, with its bounds. */
export function randomTerm(rng: Rng, group: CodeGroup): { readonly expr: Expr } & Interval {
  const expr = rng.chance(0.45) ? build.constant(rng.below(4)) : variableTerm(rng, group);
  return { expr, ...exprRange(expr, group.ranges()) };
}

function variableTerm(rng: Rng, group: CodeGroup): Expr {
  const loop = group.loops.length > 0 && rng.chance(0.5) ? rng.pick(group.loops) : undefined;
  if (loop) return build.mul(rng.pick([1, 2, -1, 3]), build.variable(loop.variable));
  switch (rng.below(6)) {
    case 0:
      return build.add(x, build.mul(rng.pick([1, -1, 2]), y));
    case 1:
      return build.mod(build.add(build.mul(3, x), y), rng.between(2, 5));
    case 2:
      return build.floorDiv(build.sub(x, build.mul(2, y)), rng.between(2, 3));
    case 3:
      return build.min(x, build.max(y, 1), rng.between(0, 4));
    case 4: {
      const values = new Map(group.cores.map((core) => [core, rng.below(5)]));
      return { kind: "var", name: group.params.length < 12 ? group.param(values) : "x" };
    }
    default: {
      const values = new Map(group.cores.map((core) => [core, rng.below(3)]));
      return group.params.length < 12 ? { kind: "mul", factor: group.param(values), of: y } : y;
    }
  }
}
