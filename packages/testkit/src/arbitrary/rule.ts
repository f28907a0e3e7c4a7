// Random well-formed routing rules.
import type { RouterPort, Rule } from "@waferc/ir/program";
import type { Choices } from "./choices.ts";

const PORTS = ["north", "east", "south", "west", "ramp"] as const satisfies readonly RouterPort[];

export function randomRule(choices: Choices): Rule {
  const from = choices.pick(PORTS);
  const others = PORTS.filter((port) => port !== from);
  const to = others.filter(() => choices.once(3));
  const first = choices.pick(others);
  const destinations = to.length > 0 ? to : [first];
  const isRampOnly = destinations.length === 1 && destinations[0] === "ramp";
  return { from, to: destinations, transit: !isRampOnly && choices.once(3) };
}
