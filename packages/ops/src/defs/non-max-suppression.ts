// NonMaxSuppression: for each batch element and class, boxes by descending score (ties: the lower index first), skipping
// those that overlap a chosen one by more than a threshold; results are [batch, class, box] triples. Without
// max_output_boxes_per_class, or with 0, nothing is chosen.
import { makeTensor } from "@waferc/numerics";
import { flag } from "../attr-spec.ts";
import { floatsOf } from "../math/floats.ts";
import type { Floats } from "../math/floats.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

interface Box {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

const ordered = (a: number, b: number): readonly [number, number] => (a < b ? [a, b] : [b, a]);

/** Corners in any order (y first), or the centre with width and height (x first). */
function boxAt(boxes: Floats, at: number, isCentered: boolean): Box {
  const [a, b, c, d] = boxes.subarray(at, at + 4) as unknown as readonly [number, number, number, number];
  if (!isCentered) return { y: ordered(a, c), x: ordered(b, d) };
  return { x: [a - c / 2, a + c / 2], y: [b - d / 2, b + d / 2] };
}

const areaOf = ({ x, y }: Box): number => (x[1] - x[0]) * (y[1] - y[0]);

/** Intersection over union; 0 if a box has no area. */
function overlapOf(a: Box, b: Box): number {
  const width = Math.min(a.x[1], b.x[1]) - Math.max(a.x[0], b.x[0]);
  const height = Math.min(a.y[1], b.y[1]) - Math.max(a.y[0], b.y[0]);
  if (width <= 0 || height <= 0 || areaOf(a) <= 0 || areaOf(b) <= 0) return 0;
  return (width * height) / (areaOf(a) + areaOf(b) - width * height);
}

interface Limits {
  readonly most: number;
  readonly overlap: number;
  readonly score: number | undefined;
}

/** Indices of the chosen boxes. */
function chooseBoxes(boxes: readonly Box[], scores: Floats, { most, overlap, score }: Limits): number[] {
  const candidates = boxes.map((_, i) => i).filter((i) => score === undefined || scores[i]! > score);
  candidates.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const chosen: number[] = [];
  for (const candidate of candidates) {
    if (chosen.length >= most) break;
    if (chosen.every((other) => overlapOf(boxes[other]!, boxes[candidate]!) <= overlap)) chosen.push(candidate);
  }
  return chosen;
}

export const nonMaxSuppressionOp = defineOp({
  kind: "NonMaxSuppression",
  versions: [10, 11],
  attrs: { center_point_box: flag(false) },
  operands: [2, 5],
  infer: ({ shape }) => {
    const [boxes, scores] = [shape(0), shape(1)];
    const isFitting = (boxes === undefined || boxes.length === 3) && (scores === undefined || scores.length === 3);
    require(isFitting, () =>
      `needs boxes [batch,n,4] and scores [batch,classes,n], but found ${printShape(boxes ?? [])} and ${printShape(scores ?? [])}`);
    return [{ dtype: "i64", shape: ["?", 3] }];
  },
  evaluate: ({ attrs, operand, has, ints }) => {
    const [boxes, scores] = [floatsOf(operand(0)), floatsOf(operand(1))];
    const [batch, classes, count] = operand(1).shape as readonly [number, number, number];
    const scalar = (index: number): number | undefined => (has(index) ? floatsOf(operand(index))[0] : undefined);
    const limits: Limits = { most: has(2) ? (ints(2)[0] ?? 0) : 0, overlap: scalar(3) ?? 0, score: scalar(4) };
    const triples: number[] = [];
    for (let element = 0; element < batch; element++) {
      const placed = Array.from({ length: count }, (_, i) =>
        boxAt(boxes, (element * count + i) * 4, attrs.center_point_box),
      );
      for (let kind = 0; kind < classes; kind++) {
        const row = (element * classes + kind) * count;
        for (const box of chooseBoxes(placed, scores.subarray(row, row + count), limits))
          triples.push(element, kind, box);
      }
    }
    return [makeTensor("i64", [triples.length / 3, 3], BigInt64Array.from(triples, BigInt))];
  },
});
