// Names files that are not ONNX models, from their first bytes, so that a wrong path gives a useful message
// instead of a protobuf error. Knows what people really pass by mistake; anything else is left to the decoder.

export interface WrongFile {
  /** What the file is, with its article: "a gzip archive". */
  readonly what: string;
  readonly help: string;
}

const startsWith = (bytes: Uint8Array, ...prefix: readonly number[]): boolean =>
  prefix.length <= bytes.length && prefix.every((byte, i) => bytes[i] === byte);

function asciiPrefix(bytes: Uint8Array, count: number): string {
  let text = "";
  for (const byte of bytes.subarray(0, count)) text += String.fromCharCode(byte);
  return text;
}

function looksLikeText(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 256);
  return (
    head.length > 0 && head.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  );
}

function nameText(text: string): WrongFile | undefined {
  const start = text.trimStart();
  if (start.startsWith("version https://git-lfs")) {
    return { what: "a Git LFS pointer, not the model itself", help: "Run `git lfs pull` in the folder of the model" };
  }
  if (/^<(!doctype|html|head|\?xml)/i.test(start)) {
    return { what: "an HTML or XML page", help: "Download the raw file; a web page about it was saved instead" };
  }
  if (start.startsWith("{") || start.startsWith("[")) return { what: "a JSON file", help: "Pass the .onnx file" };
  if (/^dfir \d/.test(start)) return { what: "a waferc dump", help: "Resume it with --compile-from" };
  return undefined;
}

/** What the file is if it is recognisably something other than an ONNX model, else undefined. */
export function nameWrongFile(bytes: Uint8Array): WrongFile | undefined {
  if (bytes.length === 0) return { what: "an empty file", help: "Check that the download or the export finished" };
  if (startsWith(bytes, 0x1f, 0x8b))
    return { what: "a gzip archive", help: "Unpack it first, with `gunzip` or `tar xzf`" };
  if (startsWith(bytes, 0x50, 0x4b, 3, 4)) {
    return {
      what: "a zip archive (PyTorch checkpoints are zip archives too)",
      help: "Unpack it, or export the model to ONNX",
    };
  }
  if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd))
    return { what: "a zstd archive", help: "Unpack it first, with `unzstd`" };
  if (startsWith(bytes, 0x93, 0x4e, 0x55, 0x4d))
    return { what: "a NumPy array", help: "Pass the .onnx file; arrays go to --input" };
  if (startsWith(bytes, 0x89, 0x48, 0x44, 0x46)) return { what: "an HDF5 file", help: "Export the model to ONNX" };
  if (startsWith(bytes, 0x47, 0x47, 0x55, 0x46)) return { what: "a GGUF file", help: "Export the model to ONNX" };
  if (asciiPrefix(bytes.subarray(4), 4) === "ORTM") {
    return { what: "an onnxruntime .ort flatbuffer", help: "Pass the .onnx file that it was made from" };
  }
  if (bytes[8] === 0x7b && bytes[9] === 0x22 && startsWith(bytes.subarray(5), 0, 0, 0)) {
    return { what: "a safetensors file", help: "Export the model to ONNX" };
  }
  const text = nameText(asciiPrefix(bytes, 256));
  if (text !== undefined) return text;
  return looksLikeText(bytes) ? { what: "a text file", help: "Pass the .onnx file" } : undefined;
}
