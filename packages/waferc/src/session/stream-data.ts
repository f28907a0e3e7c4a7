// Between tensors of the host and the 32-bit elements of a program's streams.
import type { HostStream } from "@waferc/ir/program";
import { elementCount, makeTensor, tensorOf, toFloat64, type DType, type Tensor } from "@waferc/numerics";

export type StreamData = Float32Array | Int32Array;

/** A tensor's elements as a stream takes them. Integers and booleans become i32, floats f32, each rounded once. */
export function toStreamData(tensor: Tensor, stream: HostStream): StreamData {
  if (elementCount(tensor.shape) !== elementCount(stream.shape)) {
    throw new RangeError(
      `stream "${stream.name}" takes ${elementCount(stream.shape)} elements, not ${elementCount(tensor.shape)}`,
    );
  }
  if (stream.type === "f32") return tensor.dtype === "f32" ? tensor.data : Float32Array.from(toFloat64(tensor));
  return tensor.dtype === "i32" ? tensor.data : Int32Array.from(toFloat64(tensor));
}

/** What a stream delivered, as the tensor that the host expects there; the stream's own type and shape by default. */
export function fromStreamData(
  data: StreamData,
  stream: HostStream,
  expected: { readonly dtype?: DType | undefined; readonly shape?: readonly (number | string)[] | undefined } = {},
): Tensor {
  const { dtype = stream.type, shape = stream.shape } = expected;
  const extents = shape.every((dim) => typeof dim === "number") ? shape : stream.shape;
  if (dtype === "f32" && data instanceof Float32Array) return makeTensor("f32", extents, data);
  if (dtype === "i32" && data instanceof Int32Array) return makeTensor("i32", extents, data);
  return tensorOf(dtype, extents, Array.from(data));
}
