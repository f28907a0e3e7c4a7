/**
 * Lists of several rules, which a router steps through by `advance` (docs/program.md section 5), as the machine's switches allow:
 *
 *   CHK-003  routers have as many switch positions as a list has rules
 *   CHK-011  a list of several rules belongs to a colour that can switch
 *   CHK-012  where a position changes either source or destinations, it does not change both of the position before it
 *
 * The step from the last position back to the first sets everything anew and is not limited. Gap: positions that no `advance`
 * reaches are judged as well.
 */
import type { Rule } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import { CODES } from "./codes.ts";
import type { Findings } from "./findings.ts";

interface Place {
  readonly machine: Machine;
  readonly findings: Findings;
  readonly entity: string;
}

/** Judges the list of rules of a colour, as a route or an `open` installs it. */
export function checkSwitches(rules: readonly Rule[], color: number, { machine, findings, entity }: Place): void {
  const { switchPositions, switchColors, switchChanges } = machine.fabric;
  if (rules.length > switchPositions) {
    const message = `Cannot install ${rules.length} rules: a router has ${switchPositions} positions`;
    findings.report(CODES["CHK-003"], { entity, message });
  }
  if (rules.length > 1 && !switchColors.includes(color)) {
    const message = `Cannot install ${rules.length} rules for colour ${color}: on ${machine.name} only ${switchColors.join(", ")} can switch`;
    findings.report(CODES["CHK-011"], { entity, message });
  }
  if (switchChanges === "both") return;
  for (const [i, rule] of rules.entries()) {
    const before = rules[i - 1];
    if (before === undefined || before.from === rule.from || hasSamePorts(before.to, rule.to)) continue;
    const message = `Cannot go from ${printRule(before)} to ${printRule(rule)} in one position: ${machine.name} changes either source or destinations`;
    findings.report(CODES["CHK-012"], { entity, message });
  }
}

function hasSamePorts(a: Rule["to"], b: Rule["to"]): boolean {
  return a.length === b.length && a.every((port) => b.includes(port));
}

function printRule({ from, to }: Rule): string {
  return `"${from} -> ${to.join(" ")}"`;
}
