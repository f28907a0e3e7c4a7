// Ensembles of decision trees: a row of features goes from each root to a leaf, and the votes of the leaves are put together by target. A target without
// a vote has 0.
import { OpError } from "../op-error.ts";

export type Comparison = (feature: number) => boolean;

export interface Vote {
  readonly target: number;
  readonly weight: number;
}

export type TreeNode =
  | {
      readonly type: "branch";
      readonly feature: number;
      readonly test: Comparison;
      /** Places of nodes. */
      readonly whenTrue: number;
      readonly whenFalse: number;
    }
  | { readonly type: "leaf"; readonly votes: readonly Vote[] };

export interface Ensemble {
  readonly nodes: readonly TreeNode[];
  readonly roots: readonly number[];
  readonly targets: number;
}

export const AGGREGATES = ["AVERAGE", "SUM", "MIN", "MAX"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** In the order of the numbers of TreeEnsemble's `nodes_modes`. */
export const BRANCH_MODES = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ", "MEMBER"] as const;
export type BranchMode = (typeof BRANCH_MODES)[number];

/** The test of a branch; NaN goes where `missingIsTrue` says, unless the test itself holds for it. */
export function branchTest(
  mode: BranchMode,
  split: number,
  members: ReadonlySet<number>,
  missingIsTrue: boolean,
): Comparison {
  const tests: Readonly<Record<BranchMode, Comparison>> = {
    LEQ: (x) => x <= split,
    LT: (x) => x < split,
    GTE: (x) => x >= split,
    GT: (x) => x > split,
    EQ: (x) => x === split,
    NEQ: (x) => x !== split,
    MEMBER: (x) => members.has(x),
  };
  const test = tests[mode];
  return missingIsTrue ? (x) => test(x) || Number.isNaN(x) : test;
}

/**
 * Scores by target for one row.
 * @throws OpError if a tree has no end, or asks for what is not there
 */
export function predictRow(ensemble: Ensemble, row: Float64Array, aggregate: Aggregate): Float64Array {
  const scores = new Float64Array(ensemble.targets);
  const hasScore = new Uint8Array(ensemble.targets);
  for (const root of ensemble.roots) {
    for (const { target, weight } of votesOf(ensemble, root, row)) {
      if (target < 0 || target >= scores.length)
        throw new OpError(`needs targets in 0 .. ${scores.length - 1}, but found ${target}`);
      scores[target] = hasScore[target] === 0 ? weight : joined(scores[target]!, weight, aggregate);
      hasScore[target] = 1;
    }
  }
  return aggregate === "AVERAGE" ? scores.map((sum) => sum / ensemble.roots.length) : scores;
}

function joined(score: number, weight: number, aggregate: Aggregate): number {
  if (aggregate === "MIN") return Math.min(score, weight);
  return aggregate === "MAX" ? Math.max(score, weight) : score + weight;
}

function votesOf({ nodes }: Ensemble, root: number, row: Float64Array): readonly Vote[] {
  let at = root;
  for (let step = 0; step <= nodes.length; step++) {
    const node = nodes[at];
    if (node === undefined) throw new OpError(`needs nodes up to ${at}, but found ${nodes.length}`);
    if (node.type === "leaf") return node.votes;
    const feature = row[node.feature];
    if (feature === undefined) throw new OpError(`needs feature ${node.feature}, but found ${row.length} features`);
    at = node.test(feature) ? node.whenTrue : node.whenFalse;
  }
  throw new OpError(`needs trees that end, but the one from node ${root} goes in a circle`);
}
