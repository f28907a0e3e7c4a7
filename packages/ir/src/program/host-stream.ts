/** Host streams of several tensors: what the host joins before an entry runs, and takes apart after it (docs/program.md section 6). */
import { emptyData } from "./element-type.ts";
import type { HostStream, StreamPart, TensorData } from "./program.ts";

/** The host tensors of a stream, in the order in which they pass. */
export function streamParts({ tensor, shape, parts }: HostStream): readonly StreamPart[] {
  return parts ?? [{ tensor, shape }];
}

/** The elements of a stream from those of its tensors. */
export function joinParts(stream: HostStream, read: (part: StreamPart) => TensorData): TensorData {
  const pieces = streamParts(stream).map(read);
  const [first] = pieces;
  if (first !== undefined && pieces.length === 1) return first;
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  const joined = emptyData(stream.type, total);
  let start = 0;
  for (const piece of pieces) {
    joined.set(piece, start);
    start += piece.length;
  }
  return joined;
}

/** The elements of each of a stream's tensors from those of the stream. */
export function splitParts(
  stream: HostStream,
  data: TensorData,
): { readonly part: StreamPart; readonly data: TensorData }[] {
  let start = 0;
  return streamParts(stream).map((part) => {
    const end = start + part.shape.reduce((size, length) => size * length, 1);
    const piece = data.subarray(start, end);
    start = end;
    return { part, data: piece };
  });
}
