/** Data of constants at compile time: as f32, by view, as a scalar. */
import { invariant } from "@waferc/base";
import { toFloat64 } from "@waferc/numerics";
import { elementsOf } from "./affine-view.ts";
import type { AffineView } from "./affine-view.ts";
import type { ConstantValue } from "./mesh-value.ts";

/** The elements as f32. Other numbers are rounded, bools become 0 and 1. */
export function readFloats(constant: ConstantValue): Float32Array {
  const tensor = constant.read();
  return tensor.dtype === "f32" ? tensor.data : Float32Array.from(toFloat64(tensor));
}

/** The elements that a view picks, in its order. */
export function gatherData(data: Float32Array, { shape, strides, offset }: AffineView): Float32Array {
  const result = new Float32Array(elementsOf(shape));
  const index = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < result.length; i++) {
    const element = data[at];
    invariant(element !== undefined, "a view stays inside its data");
    result[i] = element;
    for (let d = shape.length - 1; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      at += strides[d] ?? 0;
      if (next < (shape[d] ?? 1)) {
        index[d] = next;
        break;
      }
      at -= next * (strides[d] ?? 0);
      index[d] = 0;
    }
  }
  return result;
}

/** The value that all elements have; undefined if they differ. */
export function uniformValue(constant: ConstantValue): number | undefined {
  const data = readFloats(constant);
  const [first] = data;
  return first !== undefined && data.every((element) => Object.is(element, first)) ? first : undefined;
}
