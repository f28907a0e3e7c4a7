// Single faults in the instructions of a code: missing, doubled or exchanged ones, colours, microthreads, functions, operands, literals.
import type { Rng } from "@waferc/base";
import { colorUses } from "@waferc/ir/program";
import type { Instruction, Program, Source } from "@waferc/ir/program";
import { pickOrNone, siteName, sitesOf, splice, withSite } from "./edit.ts";
import type { Site } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Fault, Mutator } from "./mutator.ts";
import { printRule, withOtherPort } from "./rules.ts";

function isSame(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

type Change = (
  instruction: Instruction,
  rng: Rng,
) => { readonly what: string; readonly list: readonly Instruction[] } | undefined;

/** One instruction that `change` knows replaced. */
function changeOne(
  program: Program,
  rng: Rng,
  isWanted: (i: Instruction) => boolean,
  change: Change,
): Fault | undefined {
  const site = pickOrNone(rng, sitesOf(program, isWanted));
  const changed = site && change(site.instruction, rng);
  if (!site || !changed) return undefined;
  return { program: withSite(program, site, ...changed.list), where: `${siteName(program, site)}: ${changed.what}` };
}

function missing(kind: string, op: Instruction["op"]): Mutator {
  return mutator(kind, `a ${op} is missing`, (program, rng) =>
    changeOne(
      program,
      rng,
      (i) => i.op === op,
      () => ({ what: "missing", list: [] }),
    ),
  );
}

const deleted = mutator("instruction-missing", "an instruction is missing", (program, rng) =>
  changeOne(
    program,
    rng,
    ({ op }) => op !== "repeat",
    () => ({ what: "missing", list: [] }),
  ),
);

const doubled = mutator("instruction-doubled", "an instruction is there twice", (program, rng) =>
  changeOne(
    program,
    rng,
    ({ op }) => op !== "repeat",
    (i) => ({ what: "twice", list: [i, i] }),
  ),
);

const exchanged = mutator("instructions-exchanged", "two neighbouring instructions are exchanged", (program, rng) => {
  const keyOf = ({ code, path }: Site, by = 0): string => {
    const last = path.length - 1;
    return `${code.entry} ${code.index} ${splice(path, last, path[last]! + by).join(".")}`;
  };
  const sites = sitesOf(program);
  const byKey = new Map(sites.map((site) => [keyOf(site), site]));
  const pairs = sites.flatMap((first) => {
    const second = byKey.get(keyOf(first, 1));
    return second && !isSame(second.instruction, first.instruction) ? [{ first, second }] : [];
  });
  const pair = pickOrNone(rng, pairs);
  if (!pair) return undefined;
  const { first, second } = pair;
  const lifted = withSite(program, second, first.instruction);
  const code = { ...first.code, item: lifted.entries[first.code.entry]!.codes[first.code.index]! };
  const where = `${siteName(program, first)} and the ${second.instruction.op} behind it`;
  return { program: withSite(lifted, { ...first, code }, second.instruction), where };
});

const instructionColor = mutator("instruction-color", "an instruction names another formal colour", (program, rng) => {
  const usesColor = (i: Instruction) => colorUses(i).length > 0 || i.op === "bind" || i.op === "open";
  const site = pickOrNone(rng, sitesOf(program, usesColor));
  if (!site) return undefined;
  const { instruction } = site;
  const key = instruction.op === "forward" ? rng.pick(["from", "to"] as const) : "color";
  const old = (instruction as unknown as Readonly<Record<string, number>>)[key]!;
  const names = site.code.item.colors;
  const color = pickOrNone(
    rng,
    [...names.keys()].filter((other) => other !== old),
  );
  if (color === undefined) return undefined;
  const changed = { ...instruction, [key]: color } as Instruction;
  return {
    program: withSite(program, site, changed),
    where: `${siteName(program, site)}: ${names[old]} is ${names[color]}`,
  };
});

const threadChanged = mutator(
  "microthread",
  "a fabric instruction waits that should not, or the reverse",
  (program, rng) =>
    changeOne(
      program,
      rng,
      (i) => colorUses(i).length > 0 && i.op !== "advance" && i.op !== "close",
      (i) => {
        if (!("thread" in i) || i.thread === undefined)
          return { what: "async 0", list: [{ ...i, thread: 0 } as Instruction] };
        const { thread: _, ...rest } = i;
        return { what: "not async", list: [rest as Instruction] };
      },
    ),
);

const openRules = mutator("open-rules", "an open installs a rule to or from another port", (program, rng) =>
  changeOne(
    program,
    rng,
    ({ op }) => op === "open",
    (i) => {
      if (i.op !== "open" || i.rules.length === 0) return undefined;
      const index = rng.below(i.rules.length);
      const rule = withOtherPort(rng, i.rules[index]!);
      return rule && { what: printRule(rule), list: [{ ...i, rules: splice(i.rules, index, rule) }] };
    },
  ),
);

// Values

const REDUCTIONS = ["add", "max", "min"] as const;
const FORWARDS = ["store", "add", "max", "min"] as const;
const BINARIES = ["add", "sub", "mul", "div", "min", "max"] as const;
const UNARIES = ["neg", "abs", "exp", "log", "erf", "tanh", "sin", "cos", "sqrt", "rsqrt", "recip", "floor"] as const;
const INTEGER_UNARIES = ["neg", "abs"] as const;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

const reduceFn = mutator("reduce-fn", "a reduction has another function", (program, rng) =>
  changeOne(
    program,
    rng,
    ({ op }) => op === "reduce" || op === "recv_reduce",
    (i) => {
      if (i.op !== "reduce" && i.op !== "recv_reduce") return undefined;
      const fn = other(rng, REDUCTIONS, i.fn);
      return { what: `${fn} for ${i.fn}`, list: [{ ...i, fn }] };
    },
  ),
);

const otherFn = mutator("function", "an element-wise instruction or forward has another function", (program, rng) => {
  const sites = sitesOf(program, (i) => ["unary", "binary", "compare", "forward"].includes(i.op));
  const site = pickOrNone(rng, sites);
  if (!site) return undefined;
  const type = (buffer: number) => site.code.item.buffers[buffer]?.type;
  const changed = withOtherFn(rng, site.instruction, type);
  if (!changed) return undefined;
  const fn = (changed as unknown as Readonly<Record<string, string>>)["fn"];
  return { program: withSite(program, site, changed), where: `${siteName(program, site)}: ${fn}` };
});

function withOtherFn(
  rng: Rng,
  i: Instruction,
  typeOf: (buffer: number) => string | undefined,
): Instruction | undefined {
  switch (i.op) {
    case "unary":
      return { ...i, fn: other(rng, typeOf(i.dst.buffer) === "i32" ? INTEGER_UNARIES : UNARIES, i.fn) };
    case "binary":
      return { ...i, fn: other(rng, BINARIES, i.fn) };
    case "compare":
      return { ...i, fn: other(rng, COMPARISONS, i.fn) };
    case "forward":
      return i.view ? { ...i, fn: other(rng, FORWARDS, i.fn) } : undefined;
    default:
      return undefined;
  }
}

function other<T extends string>(rng: Rng, fns: readonly T[], fn: string): T {
  return rng.pick(fns.filter((candidate) => candidate !== fn));
}

const fusion = mutator("matmul-fused", "a matmul is fused that should not be, or the reverse", (program, rng) =>
  changeOne(
    program,
    rng,
    ({ op }) => op === "matmul",
    (i) => (i.op === "matmul" ? { what: i.fused ? "unfused" : "fused", list: [{ ...i, fused: !i.fused }] } : undefined),
  ),
);

const literal = mutator("literal", "a literal is another number", (program, rng) => {
  const isLiteral = (source: Source) => source.kind === "literal";
  const hasLiteral = (i: Instruction) =>
    i.op === "fill" || ("a" in i && i.op !== "matmul" && (isLiteral(i.a) || isLiteral(i.b)));
  return changeOne(program, rng, hasLiteral, (i) => {
    const shifted = (value: number) => (value === 0 || !Number.isFinite(value) ? 1 : value * rng.pick([-1, 2, 0.5]));
    if (i.op === "fill") {
      const value = shifted(i.value);
      return { what: `${value} for ${i.value}`, list: [{ ...i, value }] };
    }
    if (!("a" in i) || i.op === "matmul") return undefined;
    const key = isLiteral(i.b) ? "b" : "a";
    const source = i[key];
    if (source.kind !== "literal") return undefined;
    const value = shifted(source.value);
    return { what: `${value} for ${source.value}`, list: [{ ...i, [key]: { kind: "literal", value } }] };
  });
});

/** Where order matters. */
const swappedOperands = mutator(
  "operands-swapped",
  "the operands of a sub, div, comparison, select or matmul are swapped",
  (program, rng) => {
    const isOrdered = (i: Instruction) =>
      (i.op === "binary" && (i.fn === "sub" || i.fn === "div")) ||
      (i.op === "compare" && i.fn !== "eq" && i.fn !== "ne") ||
      i.op === "select" ||
      i.op === "matmul";
    return changeOne(program, rng, isOrdered, (i) =>
      "a" in i && !isSame(i.a, i.b)
        ? { what: "a and b swapped", list: [{ ...i, a: i.b, b: i.a } as Instruction] }
        : undefined,
    );
  },
);

/** A local instruction writes where it should read and the reverse. */
const swappedBuffers = mutator("destination-swapped", "a copy goes the other way", (program, rng) =>
  changeOne(
    program,
    rng,
    (i) => i.op === "copy" && !isSame(i.dst, i.src),
    (i) =>
      i.op === "copy"
        ? { what: "source and destination swapped", list: [{ ...i, dst: i.src, src: i.dst }] }
        : undefined,
  ),
);

export const codeMutators: readonly Mutator[] = [
  missing("wait-missing", "wait"),
  missing("bind-missing", "bind"),
  missing("advance-missing", "advance"),
  missing("close-missing", "close"),
  missing("open-missing", "open"),
  openRules,
  deleted,
  doubled,
  exchanged,
  instructionColor,
  threadChanged,
];

export const valueMutators: readonly Mutator[] = [reduceFn, otherFn, fusion, literal, swappedOperands, swappedBuffers];
