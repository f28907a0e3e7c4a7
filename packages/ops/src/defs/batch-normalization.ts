// BatchNormalization: (x - mean) / sqrt(variance + epsilon) * scale + bias, with the numbers of a channel or, in versions
// below 9 with `spatial` 0, of a channel and a place in its plane. In training they come from the batch (the variance is
// that of the population), and the running ones move toward them: running * momentum + batch * (1 - momentum).
// Training is asked for by `training_mode` since version 14 (three results); before, by listing more results than y:
// running mean and variance, then those of the batch.
import type { ValueType } from "@waferc/ir/graph";
import { elementCount } from "@waferc/numerics";
import { flag, float } from "../attr-spec.ts";
import { typeOf } from "../families/elementwise.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

interface Statistics {
  readonly means: Floats;
  readonly variances: Floats;
}

/** How elements share statistics: [batch, features, width], one statistic for each feature. */
interface Layout {
  readonly batch: number;
  readonly features: number;
  readonly width: number;
}

function layoutOf(shape: readonly number[], isSpatial: boolean): Layout {
  const batch = shape[0] ?? 1;
  if (!isSpatial) return { batch, features: elementCount(shape.slice(1)), width: 1 };
  return { batch, features: shape[1] ?? 1, width: elementCount(shape.slice(2)) };
}

/** Calls `visit` with the index of each element and of its statistic. */
function forElements({ batch, features, width }: Layout, visit: (at: number, feature: number) => void): void {
  let at = 0;
  for (let row = 0; row < batch; row++) {
    for (let feature = 0; feature < features; feature++) {
      for (let i = 0; i < width; i++) visit(at++, feature);
    }
  }
}

function batchStatistics(x: Floats, layout: Layout): Statistics {
  const [means, variances] = [new Float64Array(layout.features), new Float64Array(layout.features)];
  const count = layout.batch * layout.width;
  forElements(layout, (at, feature) => (means[feature]! += x[at]! / count));
  forElements(layout, (at, feature) => (variances[feature]! += (x[at]! - means[feature]!) ** 2 / count));
  return { means, variances };
}

function moved(running: Floats, batch: Floats, momentum: number): Float64Array {
  return Float64Array.from(running, (value, i) => value * momentum + batch[i]! * (1 - momentum));
}

export const batchNormalizationOp = defineOp({
  kind: "BatchNormalization",
  versions: [1, 6, 7, 9, 14, 15],
  traits: ["compound"],
  attrs: { epsilon: float(1e-5), momentum: float(0.9), spatial: flag(true), training_mode: flag(false) },
  operands: [5, 5],
  results: [1, 5],
  infer: ({ version, operand, resultCount }): ValueType[] => {
    require(version < 14 || resultCount <= 3, () => `needs 1 to 3 results, but has ${resultCount}`);
    const [x, mean, variance] = [typeOf(operand(0)), typeOf(operand(3)), typeOf(operand(4))];
    return [x, mean, variance, mean, variance];
  },
  evaluate: ({ version, attrs, operand, resultCount }) => {
    const x = operand(0);
    const [from, dtype] = [floatsOf(x), floatDType(x.dtype)];
    const layout = layoutOf(x.shape, attrs.spatial || version >= 9);
    const [scale, bias, means, variances] = [1, 2, 3, 4].map((index) => {
      const values = floatsOf(operand(index));
      require(values.length === layout.features, () =>
        `needs ${layout.features} elements in operand ${index}, but found ${values.length}`);
      return values;
    }) as [Floats, Floats, Floats, Floats];
    const isTraining = version < 14 ? resultCount > 1 : attrs.training_mode;
    const used: Statistics = isTraining ? batchStatistics(from, layout) : { means, variances };
    const inverses = Float64Array.from(used.variances, (variance) => 1 / Math.sqrt(variance + attrs.epsilon));
    const y = newFloats(dtype, from.length);
    forElements(layout, (at, feature) => {
      y[at] = (from[at]! - used.means[feature]!) * inverses[feature]! * scale[feature]! + bias[feature]!;
    });
    const result = finishFloats(dtype, x.shape, y);
    if (resultCount === 1) return [result];
    const store = (index: number, values: Floats) => {
      const like = operand(index);
      return finishFloats(floatDType(like.dtype), like.shape, Float64Array.from(values));
    };
    return [
      result,
      store(3, isTraining ? moved(means, used.means, attrs.momentum) : means),
      store(4, isTraining ? moved(variances, used.variances, attrs.momentum) : variances),
      store(3, used.means),
      store(4, used.variances),
    ].slice(0, resultCount);
  },
  // A difference, a product with the inverse deviation, scale and bias.
  flops: ({ operands }) => 4 * elementCount(operands[0]?.shape ?? []),
});
