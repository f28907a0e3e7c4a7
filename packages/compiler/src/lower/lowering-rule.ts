/** How ops of one kind become kernels. A rule says first whether it can lower an op at all; lowering then never fails. */
import type { LoweringContext } from "./lowering-context.ts";
import type { OpFacts } from "./op-facts.ts";

export interface LoweringRule {
  /** Operands without elements are left out, and results may be without any. */
  readonly skipsEmpty?: boolean;
  /** Why the op cannot be lowered, as the rest of "it ..."; undefined if it can. Shapes are static here. */
  objection(facts: OpFacts): string | undefined;
  /** Emits the op's kernels and defines its results. */
  lower(ctx: LoweringContext, facts: OpFacts): void;
}

/** For rules without conditions. */
export const noObjection = (): undefined => undefined;
