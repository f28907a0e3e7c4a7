// MelWeightMatrix: triangles that gather the bins of a spectrum [dft_length / 2 + 1] into mel bands, equally wide on the mel scale between two
// frequencies. Edges are rounded down to bins; a band whose rising side has no width is 1 at its center.
import { elementCount, fromFloat64, toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { int } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const hertzOf = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** Edges of the bands in bins: band i rises from edge i to edge i + 1 and falls to edge i + 2. */
function bandEdges(bands: number, dftLength: number, sampleRate: number, [low, high]: [number, number]): number[] {
  const step = (melOf(high) - melOf(low)) / (bands + 2);
  return Array.from({ length: bands + 2 }, (_, i) =>
    Math.floor(((dftLength + 1) * hertzOf(melOf(low) + i * step)) / sampleRate),
  );
}

function melWeights(bands: number, bins: number, edges: readonly number[]): Float64Array {
  const weights = new Float64Array(bins * bands);
  for (let band = 0; band < bands; band++) {
    const [low, center, high] = edges.slice(band, band + 3) as [number, number, number];
    require(low >= 0 && high <= bins, () => `needs frequencies of bins 0 .. ${bins - 1}, but found ${low} .. ${high}`);
    if (low === center && center < bins) weights[center * bands + band] = 1;
    for (let bin = low; bin <= Math.min(center, bins - 1) && low < center; bin++)
      weights[bin * bands + band] = (bin - low) / (center - low);
    for (let bin = center; bin < high; bin++) weights[bin * bands + band] = (high - bin) / (high - center);
  }
  return weights;
}

function scalarOf(tensor: Tensor): number {
  require(elementCount(tensor.shape) === 1, "needs scalar operands");
  return toFloat64(tensor)[0]!;
}

export const melWeightMatrixOp = defineOp({
  kind: "MelWeightMatrix",
  versions: [17],
  attrs: { output_datatype: int(1) },
  operands: [5, 5],
  infer: ({ attrs, ints }) => {
    const [bands, length] = [ints(0)?.[0], ints(1)?.[0]];
    const bins = length === undefined ? "?" : Math.floor(length / 2) + 1;
    return [{ dtype: dtypeAttr(attrs.output_datatype), shape: [bins, bands ?? "?"] }];
  },
  evaluate: ({ operand, result }) => {
    const [bands, length, rate, low, high] = [0, 1, 2, 3, 4].map((i) => scalarOf(operand(i))) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const { dtype, shape } = result(0);
    const weights = melWeights(bands, shape[0]!, bandEdges(bands, length, rate, [low, high]));
    return [castTensor(fromFloat64("f64", shape, weights), dtype)];
  },
});
