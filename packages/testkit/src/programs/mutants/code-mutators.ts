// Single faults in the instructions of a code: missing, doubled or exchanged ones, colours, microthreads, opened rules.
import { colorUses } from "@waferc/ir/program";
import type { Instruction } from "@waferc/ir/program";
import { changeOne } from "./change-one.ts";
import { isOp, isSame, pickOrNone, siteName, sitesOf, splice, withSite } from "./edit.ts";
import type { Site } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Mutator } from "./mutator.ts";
import { printRule, withOtherPort } from "./rules.ts";

function missing(kind: string, op: Instruction["op"]): Mutator {
  const article = /^[aeiou]/.test(op) ? "an" : "a";
  return mutator(kind, `${article} ${op} is missing`, (program, rng) =>
    changeOne(program, rng, isOp(op), () => ({ what: "missing", list: [] })),
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
  return changeOne(program, rng, usesColor, (i, { colors }) => {
    const key = i.op === "forward" ? rng.pick(["from", "to"] as const) : "color";
    const old = (i as unknown as Readonly<Record<string, number>>)[key]!;
    const others = [...colors.keys()].filter((other) => other !== old);
    const color = pickOrNone(rng, others);
    if (color === undefined) return undefined;
    return { what: `${colors[old]} is ${colors[color]}`, list: [{ ...i, [key]: color } as Instruction] };
  });
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
  changeOne(program, rng, isOp("open"), (i) => {
    if (i.op !== "open" || i.rules.length === 0) return undefined;
    const index = rng.below(i.rules.length);
    const rule = withOtherPort(rng, i.rules[index]!);
    return rule && { what: printRule(rule), list: [{ ...i, rules: splice(i.rules, index, rule) }] };
  }),
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
