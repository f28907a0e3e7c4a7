// Windows of signal processing: sums of cosines of the position, in doubles. A periodic window of size n is a symmetric one of size n + 1 without
// its last element; a symmetric one of size 1 is NaN, as the formula has it.
import { fromFloat64 } from "@waferc/numerics";
import { flag, int } from "../attr-spec.ts";
import { castTensor } from "../math/cast.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition } from "../op-definition.ts";
import { require } from "../op-error.ts";

/** `terms[i]` is the factor of cos(2 pi i k / n). */
export function defineWindow(op: { readonly kind: string; readonly terms: readonly number[] }): AnyOpDefinition {
  return defineOp({
    kind: op.kind,
    versions: [17],
    attrs: { output_datatype: int(1), periodic: flag(true) },
    operands: [1, 1],
    infer: ({ attrs, ints }) => {
      const size = ints(0)?.at(0);
      require(ints(0)?.length !== 0, "needs a size");
      require(size === undefined || size >= 0, () => `needs a size from 0, but found ${size}`);
      return [{ dtype: dtypeAttr(attrs.output_datatype), shape: [size ?? "?"] }];
    },
    evaluate: ({ attrs, ints, result }) => {
      const size = ints(0)[0]!;
      const period = attrs.periodic ? size : size - 1;
      const values = Float64Array.from({ length: size }, (_, k) =>
        op.terms.reduce((sum, term, i) => sum + term * Math.cos((2 * Math.PI * ((i * k) % period)) / period), 0),
      );
      return [castTensor(fromFloat64("f64", [size], values), result(0).dtype)];
    },
  });
}
