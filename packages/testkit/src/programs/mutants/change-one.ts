// One instruction changed: in its code, or in the copy of it that one class is given, so that the fault is on a part of the cores only.
import type { Rng } from "@waferc/base";
import type { Code, Instruction, Program } from "@waferc/ir/program";
import { partsOf, pickOrNone, siteName, sitesOf, withEntry, withPart, withSite } from "./edit.ts";
import type { Site } from "./edit.ts";
import type { Fault } from "./mutator.ts";

export interface Replacement {
  readonly what: string;
  /** What stands in the instruction's place. */
  readonly list: readonly Instruction[];
}

/** An instruction that is wanted, replaced by what `change` makes of it. */
export function changeOne(
  program: Program,
  rng: Rng,
  isWanted: (instruction: Instruction) => boolean,
  change: (instruction: Instruction, code: Code) => Replacement | undefined,
): Fault | undefined {
  const chosen = pickOrNone(rng, sitesOf(program, isWanted));
  if (!chosen) return undefined;
  const target = rng.chance(CHANCE_OF_ONE_CLASS) ? inOneClass(program, rng, chosen) : { program, site: chosen };
  const changed = change(target.site.instruction, target.site.code.item);
  if (!changed) return undefined;
  const where = `${siteName(target.program, target.site)}: ${changed.what}`;
  return { program: withSite(target.program, target.site, ...changed.list), where };
}

const CHANCE_OF_ONE_CLASS = 0.35;

/** The program with a copy of the site's code for one of its classes, and the site in it; unless there is one class only. */
function inOneClass(program: Program, rng: Rng, site: Site): { readonly program: Program; readonly site: Site } {
  const { entry, index, item } = site.code;
  const classes = partsOf(program, "classes").filter((part) => part.entry === entry && part.item.code === index);
  if (classes.length < 2) return { program, site };
  const chosen = rng.pick(classes);
  const { codes } = program.entries[entry]!;
  const copy = { ...item, name: `${item.name}_of_${chosen.item.name}` };
  const withClass = withPart(program, "classes", chosen, { ...chosen.item, code: codes.length });
  return {
    program: withEntry(withClass, entry, (old) => ({ ...old, codes: [...old.codes, copy] })),
    site: { ...site, code: { entry, index: codes.length, item: copy } },
  };
}
