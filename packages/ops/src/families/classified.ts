// The results of classifiers of ai.onnx.ml: the label of the class with the largest score, and the scores. Of equal scores the first counts.
import type { Shape, ValueType } from "@waferc/ir/graph";
import { fromFloat64, makeTensor, tensorOf } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { rowShape } from "./feature-rows.ts";

export type ClassLabels = readonly bigint[] | readonly string[];

/** The labels of at least two classes. */
export function classLabels(ints: readonly bigint[] | undefined, strings: readonly string[] | undefined): ClassLabels {
  const labels = ints ?? strings ?? [];
  require(labels.length >= 2, () => `needs labels of 2 or more classes, but found ${labels.length}`);
  return labels;
}

export function inferClassified(labels: ClassLabels, features: Shape | undefined): ValueType[] {
  const dtype = typeof labels[0] === "string" ? "string" : "i64";
  if (features === undefined) return [{ dtype }, { dtype: "f32" }];
  const [rows] = rowShape(features);
  return [
    { dtype, shape: [rows] },
    { dtype: "f32", shape: [rows, labels.length] },
  ];
}

/** Labels and scores of rows of scores, one for each class. */
export function classified(labels: ClassLabels, rows: readonly Float64Array[]): Tensor[] {
  const chosen = rows.map((row) => {
    let best = 0;
    row.forEach((score, i) => (best = score > row[best]! ? i : best));
    return labels[best]!;
  });
  const scores = new Float64Array(rows.length * labels.length);
  rows.forEach((row, i) => scores.set(row, i * labels.length));
  return [
    typeof labels[0] === "string"
      ? makeTensor("string", [rows.length], chosen as string[])
      : tensorOf("i64", [rows.length], chosen),
    fromFloat64("f32", [rows.length, labels.length], scores),
  ];
}
