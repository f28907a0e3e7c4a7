// Between tensors of the host and the elements of a program's streams.
import { is16Bit, joinParts, splitParts, streamParts, type HostStream, type TensorData } from "@waferc/ir/program";
import { elementCount, fromFloat64, makeTensor, tensorOf, toFloat64, type DType, type Tensor } from "@waferc/numerics";

export type StreamData = TensorData;

interface ExpectedTensor {
  readonly dtype?: DType | undefined;
  readonly shape?: readonly (number | string)[] | undefined;
}

/** What a stream takes, from the tensors that it is made of. */
export function feedStream(stream: HostStream, read: (name: string) => Tensor): StreamData {
  const feed = ({ tensor, shape }: { readonly tensor: string; readonly shape: readonly number[] }) =>
    toStreamData(read(tensor), { ...stream, name: tensor, shape });
  return joinParts(stream, feed);
}

/** The tensors that a stream has delivered, by name, each as the host expects it. */
export function takeStream(
  stream: HostStream,
  data: StreamData,
  expected: (name: string) => ExpectedTensor | undefined = () => undefined,
): (readonly [name: string, tensor: Tensor])[] {
  return splitParts(stream, data).map(({ part: { tensor, shape }, data: piece }) => [
    tensor,
    fromStreamData(piece, { ...stream, shape }, expected(tensor)),
  ]);
}

/** Tensors that streams of a direction carry, with the type that they have there. */
export function streamSpecs(
  streams: readonly HostStream[],
): { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }[] {
  return streams.flatMap((stream) =>
    streamParts(stream).map(({ tensor, shape }) => ({ name: tensor, dtype: stream.type, shape })),
  );
}

/** A tensor's elements as a stream takes them. Integers and booleans become i32, floats the stream's type, each rounded once. */
export function toStreamData(tensor: Tensor, stream: HostStream): StreamData {
  if (elementCount(tensor.shape) !== elementCount(stream.shape)) {
    throw new RangeError(
      `stream "${stream.name}" takes ${elementCount(stream.shape)} elements, not ${elementCount(tensor.shape)}`,
    );
  }
  if (is16Bit(stream.type)) {
    if (tensor.dtype === stream.type) return tensor.data;
    return fromFloat64(stream.type, tensor.shape, toFloat64(tensor)).data;
  }
  if (stream.type === "f32") return tensor.dtype === "f32" ? tensor.data : Float32Array.from(toFloat64(tensor));
  return tensor.dtype === "i32" ? tensor.data : Int32Array.from(toFloat64(tensor));
}

/** What a stream delivered, as the tensor that the host expects there; the stream's own type and shape by default. */
export function fromStreamData(data: StreamData, stream: HostStream, expected: ExpectedTensor = {}): Tensor {
  const { dtype = stream.type, shape = stream.shape } = expected;
  const extents = shape.every((dim) => typeof dim === "number") ? shape : stream.shape;
  if (dtype === "f32" && data instanceof Float32Array) return makeTensor("f32", extents, data);
  if (dtype === "i32" && data instanceof Int32Array) return makeTensor("i32", extents, data);
  const { type } = stream;
  if (!is16Bit(type) || !(data instanceof Uint16Array)) return tensorOf(dtype, extents, Array.from(data));
  const halves = makeTensor(type, extents, data);
  return dtype === type ? halves : tensorOf(dtype, extents, Array.from(toFloat64(halves)));
}
