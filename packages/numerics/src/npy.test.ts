import { CompileError } from "@waferc/base";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "./npy.ts";
import { areTensorsIdentical, tensorOf, toValues, zeros } from "./tensor.ts";

/** A version 1 file with the given header text and data. */
function npy(header: string, data: readonly number[], version = 1): Uint8Array {
  const text = new TextEncoder().encode(`${header}\n`);
  const length = version === 1 ? [text.length, 0] : [text.length, 0, 0, 0];
  return Uint8Array.from([0x93, ...new TextEncoder().encode("NUMPY"), version, 0, ...length, ...text, ...data]);
}

function codeOf(read: () => unknown): string | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics[0]?.code;
    throw error;
  }
  return undefined;
}

describe("writeNpy", () => {
  it("writes the header that numpy writes, padded to 64 B", () => {
    const bytes = writeNpy(tensorOf("f32", [3], [1, 2, 3]));
    expect(bytes).toHaveLength(128 + 12);
    const header = new TextDecoder("latin1").decode(bytes.subarray(10, 128));
    expect(header.trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }");
    expect(header.endsWith(" \n")).toBe(true);
    expect([...bytes.subarray(0, 10)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0, 118, 0]);
  });

  it("is undone by readNpy", () => {
    const dtypes = ["f64", "f32", "f16", "i64", "i32", "i16", "i8", "u64", "u32", "u16", "u8", "bool"] as const;
    for (const dtype of dtypes) {
      for (const shape of [[], [4], [2, 2], [0, 3]]) {
        const count = shape.reduce((product, extent) => product * extent, 1);
        const tensor = tensorOf(dtype, shape, [1, 0, 1, 1].slice(0, count));
        expect(areTensorsIdentical(readNpy(writeNpy(tensor), "t.npy"), tensor), dtype).toBe(true);
      }
    }
    expect(readNpy(writeNpy(zeros("c64", [2])), "t.npy")).toEqual(zeros("c64", [2]));
  });

  it("writes bf16 as uint16 and refuses strings", () => {
    expect(toValues(readNpy(writeNpy(tensorOf("bf16", [1], [1])), "t.npy"))).toEqual([0x3f80]);
    expect(() => writeNpy(tensorOf("string", [1], ["a"]))).toThrow(RangeError);
  });
});

describe("readNpy", () => {
  it("reads column-major arrays and the other byte order", () => {
    const header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }";
    const tensor = readNpy(npy(header, [0, 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6]), "t.npy");
    expect(tensor.shape).toEqual([2, 3]);
    expect(toValues(tensor)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("reads version 2, strings, and bf16 of ml_dtypes", () => {
    const text = "{'descr': '<U2', 'fortran_order': False, 'shape': (2,), }";
    const strings = readNpy(npy(text, [97, 0, 0, 0, 98, 0, 0, 0, 0xb5, 0, 0, 0, 0, 0, 0, 0], 2), "t.npy");
    expect(toValues(strings)).toEqual(["ab", "\u00b5"]);
    const half = readNpy(npy("{'descr': '|V2', 'fortran_order': False, 'shape': (1,), }", [0x80, 0x3f]), "t.npy");
    expect([half.dtype, ...toValues(half)]).toEqual(["bf16", 1]);
  });

  it("refuses broken files with NUM-001", () => {
    const good = writeNpy(tensorOf("f32", [3], [1, 2, 3]));
    expect(codeOf(() => readNpy(good.subarray(0, 20), "t.npy"))).toBe("NUM-001");
    expect(codeOf(() => readNpy(good.subarray(0, 130), "t.npy"))).toBe("NUM-001");
    expect(codeOf(() => readNpy(good.subarray(1), "t.npy"))).toBe("NUM-001");
    expect(codeOf(() => readNpy(npy("{'descr': '<f4'}", []), "t.npy"))).toBe("NUM-001");
    expect(() => readNpy(good.subarray(0, 130), "t.npy")).toThrow(
      'Cannot read "t.npy": shape [3] of "<f4" needs 12 B, but 2 B follow the header',
    );
  });

  it("refuses other element types with NUM-002", () => {
    const of = (descr: string) => npy(`{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }`, [0, 0, 0, 0]);
    expect(codeOf(() => readNpy(of("'|O'"), "t.npy"))).toBe("NUM-002");
    expect(codeOf(() => readNpy(of("'<M8[ns]'"), "t.npy"))).toBe("NUM-002");
    expect(codeOf(() => readNpy(of("[('a', '<f4')]"), "t.npy"))).toBe("NUM-002");
  });
});
