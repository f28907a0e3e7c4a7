// TreeEnsemble: the votes of trees, put together by target. Branches and leaves are lists of their own; a branch says of each side whether it is a leaf. Sets of
// members stand behind one another, each ended by NaN, in the order of the branches that ask for them.
import { elementCount, toFloat64 } from "@waferc/numerics";
import type { TensorSource } from "@waferc/ir/graph";
import { int, ints, tensor } from "../../attr-spec.ts";
import type { AttrValues } from "../../attr-spec.ts";
import { featureRows, rowShape } from "../../families/feature-rows.ts";
import { finishFloats, floatDType } from "../../math/floats.ts";
import { POST_TRANSFORMS, postTransform } from "../../math/post-transform.ts";
import { AGGREGATES, BRANCH_MODES, branchTest, predictRow } from "../../math/tree-ensemble.ts";
import type { Ensemble, TreeNode } from "../../math/tree-ensemble.ts";
import { defineOp } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";

const ATTRS = {
  aggregate_function: int(1),
  leaf_targetids: ints(),
  leaf_weights: tensor(),
  membership_values: tensor(),
  n_targets: int(),
  nodes_falseleafs: ints(),
  nodes_falsenodeids: ints(),
  nodes_featureids: ints(),
  nodes_missing_value_tracks_true: ints(),
  nodes_modes: tensor(),
  nodes_splits: tensor(),
  nodes_trueleafs: ints(),
  nodes_truenodeids: ints(),
  post_transform: int(0),
  tree_roots: ints(),
};
type Attrs = AttrValues<typeof ATTRS>;

function numbers(source: TensorSource | undefined): Float64Array {
  return source === undefined ? new Float64Array(0) : toFloat64(source.read());
}

/** The sets, in order. */
function memberSets(values: Float64Array): Set<number>[] {
  const sets: Set<number>[] = [];
  let members = new Set<number>();
  for (const value of values) {
    if (!Number.isNaN(value)) members.add(value);
    else {
      sets.push(members);
      members = new Set();
    }
  }
  if (members.size > 0) sets.push(members);
  return sets;
}

/** Branches come first among the nodes, leaves after them. */
function ensembleOf(attrs: Attrs): Ensemble {
  const [modes, splits, weights] = [attrs.nodes_modes, attrs.nodes_splits, attrs.leaf_weights].map(numbers) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const count = modes.length;
  const column = (name: string, list: ArrayLike<number> | undefined): ArrayLike<number> => {
    require(list?.length === count, () => `needs ${count} ${name}, but found ${list?.length ?? 0}`);
    return list;
  };
  const [features, trueIds, falseIds, trueLeafs, falseLeafs] = (
    ["nodes_featureids", "nodes_truenodeids", "nodes_falsenodeids", "nodes_trueleafs", "nodes_falseleafs"] as const
  ).map((name) => column(name, attrs[name])) as [number[], number[], number[], number[], number[]];
  column("nodes_splits", splits);
  const sets = memberSets(numbers(attrs.membership_values)).values();
  const place = (id: number, isLeaf: number): number => (isLeaf === 0 ? id : count + id);
  const branches = Array.from(modes, (number, i): TreeNode => {
    const mode = BRANCH_MODES[number];
    if (mode === undefined) throw new OpError(`needs nodes_modes in 0 .. 6, but found ${number}`);
    const members = mode === "MEMBER" ? sets.next().value : new Set<number>();
    if (members === undefined) throw new OpError("needs a set of members for every branch that asks for one");
    return {
      type: "branch",
      feature: features[i]!,
      test: branchTest(mode, splits[i]!, members, attrs.nodes_missing_value_tracks_true?.[i] === 1),
      whenTrue: place(trueIds[i]!, trueLeafs[i]!),
      whenFalse: place(falseIds[i]!, falseLeafs[i]!),
    };
  });
  const targets = attrs.leaf_targetids ?? [];
  require(targets.length === weights.length, () =>
    `needs as many leaf_targetids as leaf_weights, but found ${targets.length} and ${weights.length}`);
  const leaves = Array.from(weights, (weight, i): TreeNode => {
    return { type: "leaf", votes: [{ target: targets[i]!, weight }] };
  });
  return { nodes: [...branches, ...leaves], roots: attrs.tree_roots ?? [], targets: attrs.n_targets ?? 1 };
}

export const treeEnsembleOp = defineOp({
  domain: "ai.onnx.ml",
  kind: "TreeEnsemble",
  versions: [5],
  attrs: ATTRS,
  operands: [1, 1],
  infer: ({ attrs, operand }) => {
    const { dtype, shape } = operand(0);
    return [{ dtype, ...(shape === undefined ? {} : { shape: [rowShape(shape)[0], attrs.n_targets ?? 1] }) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const ensemble = ensembleOf(attrs);
    const aggregate = AGGREGATES[attrs.aggregate_function];
    const transform = POST_TRANSFORMS[attrs.post_transform];
    if (aggregate === undefined || transform === undefined)
      throw new OpError("needs aggregate_function in 0 .. 3 and post_transform in 0 .. 4");
    const { data, rows, width } = featureRows(operand(0));
    const { dtype, shape } = result(0);
    const to = new Float64Array(elementCount(shape));
    for (let row = 0; row < rows; row++) {
      const scores = predictRow(ensemble, data.subarray(row * width, (row + 1) * width), aggregate);
      postTransform(scores, transform);
      to.set(scores, row * ensemble.targets);
    }
    return [finishFloats(floatDType(dtype), shape, to)];
  },
});
