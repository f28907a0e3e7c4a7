// The trees of TreeEnsembleRegressor and TreeEnsembleClassifier: lists of equal length describe nodes by tree and node id, others the votes of leaves.
// A tree begins at its first node. Values are floats, or doubles in a tensor since version 3.
import { toFloat64 } from "@waferc/numerics";
import type { TensorSource } from "@waferc/ir/graph";
import { floats, ints, strings, tensor } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { BRANCH_MODES, branchTest } from "../math/tree-ensemble.ts";
import type { Ensemble, TreeNode, Vote } from "../math/tree-ensemble.ts";
import { OpError, require } from "../op-error.ts";

export const NODE_ATTRS = {
  nodes_falsenodeids: ints(),
  nodes_featureids: ints(),
  nodes_missing_value_tracks_true: ints(),
  nodes_modes: strings(),
  nodes_nodeids: ints(),
  nodes_treeids: ints(),
  nodes_truenodeids: ints(),
  nodes_values: floats(),
  nodes_values_as_tensor: tensor(),
};

/** The votes of leaves, as lists of equal length. */
export interface VoteLists {
  readonly treeIds: readonly number[] | undefined;
  readonly nodeIds: readonly number[] | undefined;
  readonly targets: readonly number[] | undefined;
  readonly weights: readonly number[];
}

/** Floats that an attribute gives, as a list or as a tensor. */
export function floatsOrTensor(list: readonly number[] | undefined, source: TensorSource | undefined): number[] {
  return source === undefined ? [...(list ?? [])] : Array.from(toFloat64(source.read()));
}

/** @throws OpError if the lists do not fit together */
export function ensembleOf(attrs: AttrValues<typeof NODE_ATTRS>, lists: VoteLists, targets: number): Ensemble {
  const treeIds = attrs.nodes_treeids ?? [];
  const values = floatsOrTensor(attrs.nodes_values, attrs.nodes_values_as_tensor);
  const column = (name: string, list: readonly number[] | undefined): readonly number[] => {
    require(list?.length === treeIds.length, () => `needs ${treeIds.length} ${name}, but found ${list?.length ?? 0}`);
    return list;
  };
  const nodeIds = column("nodes_nodeids", attrs.nodes_nodeids);
  const features = column("nodes_featureids", attrs.nodes_featureids);
  const whenTrue = column("nodes_truenodeids", attrs.nodes_truenodeids);
  const whenFalse = column("nodes_falsenodeids", attrs.nodes_falsenodeids);
  const splits = column("nodes_values", values);
  const places = new Map(treeIds.map((tree, i) => [`${tree}/${nodeIds[i]!}`, i]));
  const placeOf = (tree: number, node: number): number => {
    const place = places.get(`${tree}/${node}`);
    if (place === undefined) throw new OpError(`needs node ${node} of tree ${tree}, which is not there`);
    return place;
  };
  const votes = votesByNode(lists, placeOf);
  const nodes = treeIds.map((tree, i): TreeNode => {
    const name = attrs.nodes_modes?.[i] ?? "";
    if (name === "LEAF") return { type: "leaf", votes: votes.get(i) ?? [] };
    const mode = BRANCH_MODES.find((one) => name === `BRANCH_${one}`);
    if (mode === undefined || mode === "MEMBER") throw new OpError(`needs known nodes_modes, but found "${name}"`);
    const missingIsTrue = attrs.nodes_missing_value_tracks_true?.[i] === 1;
    return {
      type: "branch",
      feature: features[i]!,
      test: branchTest(mode, splits[i]!, new Set(), missingIsTrue),
      whenTrue: placeOf(tree, whenTrue[i]!),
      whenFalse: placeOf(tree, whenFalse[i]!),
    };
  });
  const roots = treeIds.flatMap((tree, i) => (treeIds.indexOf(tree) === i ? [i] : []));
  return { nodes, roots, targets };
}

function votesByNode(
  { treeIds = [], nodeIds, targets, weights }: VoteLists,
  placeOf: (tree: number, node: number) => number,
): Map<number, Vote[]> {
  const count = treeIds.length;
  require(nodeIds?.length === count && targets?.length === count && weights.length === count, () =>
    `needs ${count} node ids, targets and weights of votes, but found ${nodeIds?.length}, ${targets?.length} and ${weights.length}`);
  const votes = new Map<number, Vote[]>();
  treeIds.forEach((tree, i) => {
    const place = placeOf(tree, nodeIds[i]!);
    const vote = { target: targets[i]!, weight: weights[i]! };
    votes.set(place, [...(votes.get(place) ?? []), vote]);
  });
  return votes;
}
