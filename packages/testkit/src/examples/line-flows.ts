// Flows along lines of cores (rows or columns of the region), and the router rules that carry them. Ends of a flow are positions on
// the line; `back` leads to smaller positions, `ahead` to larger ones.
import type { RouterPort } from "@waferc/ir/program";

export type Axis = "x" | "y";

/** From the core at `from` to the core at `to`; every core in between gets it as well if `taps`. */
export interface LineFlow {
  readonly color: number;
  readonly from: number;
  readonly to: number;
  readonly taps?: boolean;
}

export interface LineRule {
  readonly from: RouterPort;
  readonly to: readonly RouterPort[];
}

export function portAhead(axis: Axis): RouterPort {
  return axis === "x" ? "east" : "south";
}

export function portBack(axis: Axis): RouterPort {
  return axis === "x" ? "west" : "north";
}

/**
 * Rules by colour and position. Flows of one colour from one core share its rule: a multicast to both sides.
 * @throws Error if two flows need different rules of one colour at one router
 */
export function rulesOfFlows(axis: Axis, flows: readonly LineFlow[]): Map<number, Map<number, LineRule>> {
  const rules = new Map<number, Map<number, LineRule>>();
  for (const { color, from, to, taps = false } of flows) {
    let line = rules.get(color);
    if (!line) rules.set(color, (line = new Map<number, LineRule>()));
    const step = Math.sign(to - from);
    const [exit, entry] = step > 0 ? [portAhead(axis), portBack(axis)] : [portBack(axis), portAhead(axis)];
    const own = line.get(from);
    if (own && own.from !== "ramp") throw new Error(`colour ${color} has one rule at ${from}`);
    line.set(from, { from: "ramp", to: [...(own?.to ?? []), exit] });
    for (let position = from + step; position !== to + step; position += step) {
      if (line.has(position)) throw new Error(`colour ${color} has one rule at ${position}`);
      const isLast = position === to;
      line.set(position, { from: entry, to: isLast ? ["ramp"] : taps ? [exit, "ramp"] : [exit] });
    }
  }
  return rules;
}
