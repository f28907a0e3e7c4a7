// Maps from labels to labels that attributes of ai.onnx.ml ops hold: keys and values as floats, integers, strings or tensors.
import { makeTensor, tensorOf, toValues } from "@waferc/numerics";
import type { DType, ElementValue, Tensor } from "@waferc/numerics";
import type { AttrSpec } from "../attr-spec.ts";
import { OpError, require } from "../op-error.ts";

/** Integers in full, for labels that may be any 64-bit number. */
export const exactInts: AttrSpec<readonly bigint[] | undefined> = {
  type: "ints",
  isRequired: false,
  byDefault: undefined,
  read: (attr) => {
    if (attr.type !== "ints") throw new OpError(`needs ints here, but found ${attr.type}`);
    return attr.value;
  },
};

/** The one list of labels that is given, as a tensor. */
export function labelsOf(
  what: string,
  given: {
    readonly floats?: readonly number[] | undefined;
    readonly ints?: readonly bigint[] | undefined;
    readonly strings?: readonly string[] | undefined;
    readonly tensor?: Tensor | undefined;
  },
): Tensor {
  const { floats, ints, strings, tensor } = given;
  const found = [
    floats && tensorOf("f32", [floats.length], floats),
    ints && tensorOf("i64", [ints.length], ints),
    strings && makeTensor("string", [strings.length], strings),
    tensor,
  ].filter((labels) => labels !== undefined);
  require(found.length === 1, () => `needs one list of ${what}, but found ${found.length}`);
  return found[0]!;
}

/** Maps every element; of equal keys the last counts, and NaN equals NaN. */
export function mapLabels(x: Tensor, keys: Tensor, values: Tensor, byDefault: ElementValue, dtype: DType): Tensor {
  require(x.dtype === keys.dtype, () => `needs labels of the keys' dtype ${keys.dtype}, but found ${x.dtype}`);
  const [from, to] = [toValues(keys), toValues(values)];
  require(from.length === to.length, () => `needs as many values as keys, but found ${to.length} and ${from.length}`);
  const map = new Map(from.map((key, i) => [key, to[i]!]));
  return tensorOf(
    dtype,
    x.shape,
    toValues(x).map((label) => map.get(label) ?? byDefault),
  );
}
