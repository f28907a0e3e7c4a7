// Router rules with one port changed.
import type { Rng } from "@waferc/base";
import type { RouterPort, Rule } from "@waferc/ir/program";
import { pickOrNone, splice } from "./edit.ts";

const PORTS: readonly RouterPort[] = ["north", "east", "south", "west", "ramp"];

function freePorts({ from, to }: Rule): readonly RouterPort[] {
  return PORTS.filter((port) => port !== from && !to.includes(port));
}

export function withOtherDestination(rng: Rng, rule: Rule): Rule | undefined {
  const port = pickOrNone(rng, freePorts(rule));
  return port && { ...rule, to: splice(rule.to, rng.below(rule.to.length), port) };
}

export function withOtherSource(rng: Rng, rule: Rule): Rule | undefined {
  const from = pickOrNone(rng, freePorts(rule));
  return from && { ...rule, from };
}

export function withOtherPort(rng: Rng, rule: Rule): Rule | undefined {
  return rng.chance(0.5) ? withOtherDestination(rng, rule) : withOtherSource(rng, rule);
}

export function printRule({ from, to, transit }: Rule): string {
  return `${from} -> ${to.join(" ")}${transit ? " transit" : ""}`;
}
