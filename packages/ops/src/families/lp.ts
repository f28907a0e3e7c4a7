// The order p of a norm as an attribute, and the sum under the root.
import type { AttrSpec } from "../attr-spec.ts";
import { OpError } from "../op-error.ts";

/** p, 2 by default; a float in version 1 and an integer since. */
export const normOrder: AttrSpec<number> = {
  type: "int",
  isRequired: false,
  byDefault: 2,
  read: (attr) => {
    if (attr.type === "int") return Number(attr.value);
    if (attr.type === "float") return attr.value;
    throw new OpError(`needs int or float here, but found ${attr.type}`);
  },
};

/** |x|^p */
export function absolutePower(x: number, p: number): number {
  if (p === 2) return x * x;
  return p === 1 ? Math.abs(x) : Math.abs(x) ** p;
}

/** sum^(1/p) */
export function root(sum: number, p: number): number {
  if (p === 2) return Math.sqrt(sum);
  return p === 1 ? sum : sum ** (1 / p);
}
