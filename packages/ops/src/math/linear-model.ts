// Linear models of ai.onnx.ml: scores of rows of features, one for each row of coefficients.
import { OpError } from "../op-error.ts";

/** `coefficients` [scores, width]; intercepts are one for each score, or none. */
export function linearScores(
  row: Float64Array,
  coefficients: readonly number[],
  intercepts: readonly number[],
  count: number,
): Float64Array {
  const width = row.length;
  if (coefficients.length !== count * width)
    throw new OpError(`needs ${count * width} coefficients, but found ${coefficients.length}`);
  if (intercepts.length !== 0 && intercepts.length !== count)
    throw new OpError(`needs ${count} intercepts, but found ${intercepts.length}`);
  return Float64Array.from({ length: count }, (_, i) =>
    row.reduce((sum, x, feature) => sum + x * coefficients[i * width + feature]!, intercepts[i] ?? 0),
  );
}
