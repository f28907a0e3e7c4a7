// Random integer expressions, in every form the noun has, also ones that a builder would have simplified.
import type { Expr } from "@waferc/ir/program";
import type { Choices } from "./choices.ts";

/** What the expression may read; parameters may be factors too. */
export interface RandomScope {
  readonly variables: readonly string[];
  readonly params: readonly string[];
}

export function randomExpr(choices: Choices, scope: RandomScope, depth = 3): Expr {
  const operand = (): Expr => randomExpr(choices, scope, depth - 1);
  const kind = depth > 0 ? choices.below(8) : choices.below(2);
  switch (kind) {
    case 0:
      return { kind: "const", value: choices.once(20) ? -(2 ** 31) : choices.between(-6, 9) };
    case 1: {
      const names = [...scope.variables, ...scope.params];
      return names.length > 0 ? { kind: "var", name: choices.pick(names) } : { kind: "const", value: 1 };
    }
    case 2:
    case 3:
      return { kind: "add", terms: choices.list(2, 3, operand) };
    case 4: {
      const hasParam = scope.params.length > 0 && choices.once(3);
      return { kind: "mul", factor: hasParam ? choices.pick(scope.params) : choices.between(-3, 5), of: operand() };
    }
    case 5:
      return { kind: "floordiv", of: operand(), by: choices.between(1, 9) };
    case 6:
      return { kind: "mod", of: operand(), by: choices.between(1, 9) };
    default:
      return { kind: choices.pick(["min", "max"]), args: choices.list(1, 3, operand) };
  }
}
