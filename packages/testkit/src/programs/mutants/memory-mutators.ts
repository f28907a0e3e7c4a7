// Single faults in memory maps, preloads and weights.
import type { Rng } from "@waferc/base";
import { sha256 } from "@waferc/base";
import { ELEMENT_TYPES, expr as build, is16Bit, viewUses } from "@waferc/ir/program";
import type { Binding, Buffer, Code, Program } from "@waferc/ir/program";
import { entityOf, partsOf, pickOrNone, siteName, sitesOf, splice, withPart } from "./edit.ts";
import type { Part } from "./edit.ts";
import { mutator } from "./mutator.ts";
import type { Fault, Mutator } from "./mutator.ts";

const overlapBuffer = mutator(
  "buffer-overlap",
  "a buffer is moved onto one that is alive at the same time",
  (program, rng) => {
    // Two buffers of one instruction are.
    const sites = sitesOf(program, (i) => new Set(viewUses(i).map(({ view }) => view.buffer)).size > 1);
    const site = pickOrNone(rng, sites);
    if (!site) return undefined;
    const [moved, onto] = rng.shuffle(new Set(viewUses(site.instruction).map(({ view }) => view.buffer)));
    const buffers = site.code.item.buffers;
    const [buffer, other] = [buffers[moved!]!, buffers[onto!]!];
    const address = other.address + 4 * rng.below(other.elements);
    const where = `${siteName(program, site)}: buffer ${buffer.name} at ${address}, onto ${other.name}`;
    return { program: withBuffer(program, site.code, moved!, { ...buffer, address }), where };
  },
);

const moveBuffer = mutator("buffer-address", "a buffer is at another buffer's address", (program, rng) => {
  const code = pickOrNone(
    rng,
    partsOf(program, "codes").filter(({ item }) => item.buffers.length > 1),
  );
  if (!code) return undefined;
  const index = rng.below(code.item.buffers.length);
  const buffer = code.item.buffers[index]!;
  const other = pickOrNone(
    rng,
    code.item.buffers.filter(({ address }) => address !== buffer.address),
  );
  if (!other) return undefined;
  const where = `${entityOf(program, "codes", code)} buffer ${buffer.name} at ${other.address}, as ${other.name}`;
  return { program: withBuffer(program, code, index, { ...buffer, address: other.address }), where };
});

const shrinkBuffer = mutator("buffer-size", "a buffer has one element less", (program, rng) => {
  const code = pickOrNone(rng, partsOf(program, "codes"));
  const index =
    code &&
    pickOrNone(
      rng,
      [...code.item.buffers.keys()].filter((i) => code.item.buffers[i]!.elements > 1),
    );
  if (index === undefined) return undefined;
  const buffer = code!.item.buffers[index]!;
  const where = `${entityOf(program, "codes", code!)} buffer ${buffer.name}: ${buffer.elements - 1} elements`;
  return { program: withBuffer(program, code!, index, { ...buffer, elements: buffer.elements - 1 }), where };
});

const bufferType = mutator("buffer-type", "the elements of a buffer have another type", (program, rng) => {
  const code = pickOrNone(
    rng,
    partsOf(program, "codes").filter(({ item }) => item.buffers.length > 0),
  );
  if (!code) return undefined;
  const index = rng.below(code.item.buffers.length);
  const buffer = code.item.buffers[index]!;
  const type = rng.pick(ELEMENT_TYPES.filter((other) => other !== buffer.type));
  const where = `${entityOf(program, "codes", code)} buffer ${buffer.name}: ${type} for ${buffer.type}`;
  return { program: withBuffer(program, code, index, { ...buffer, type }), where };
});

function withBuffer(program: Program, code: Part<Code>, index: number, buffer: Buffer): Program {
  return withPart(program, "codes", code, { ...code.item, buffers: splice(code.item.buffers, index, buffer) });
}

// Preloads

const bindingStart = mutator("binding-start", "a preload takes from a coordinate off by one", (program, rng) =>
  changeBinding(program, rng, (binding) => {
    if (binding.start.length === 0) return undefined;
    const index = rng.below(binding.start.length);
    const delta = rng.pick([-1, 1]);
    const start = splice(binding.start, index, build.add(binding.start[index]!, delta));
    return { what: `start ${index} off by ${delta}`, bindings: [{ ...binding, start }] };
  }),
);

const bindingOffset = mutator("binding-offset", "a preload goes to an element off by one", (program, rng) =>
  changeBinding(program, rng, (binding) => {
    const delta = rng.pick([-1, 1]);
    return { what: `offset off by ${delta}`, bindings: [{ ...binding, offset: build.add(binding.offset, delta) }] };
  }),
);

const bindingTensor = mutator("binding-tensor", "a preload takes from another tensor", (program, rng) =>
  changeBinding(program, rng, (binding) => {
    const tensor = pickOrNone(rng, tensorsLike(program, binding.tensor));
    if (tensor === undefined) return undefined;
    return { what: `from ${program.tensors[tensor]!.name}`, bindings: [{ ...binding, tensor }] };
  }),
);

/** Other data of the same type and shape; of the same rank if there is none. */
function tensorsLike(program: Program, index: number): readonly number[] {
  const { type, shape, sha256: digest } = program.tensors[index]!;
  const others = [...program.tensors.entries()].filter(
    ([, other]) => other.type === type && other.shape.length === shape.length && other.sha256 !== digest,
  );
  const alike = others.filter(([, other]) => String(other.shape) === String(shape));
  return (alike.length > 0 ? alike : others).map(([other]) => other);
}

const bindingMissing = mutator("binding-missing", "a preload is missing", (program, rng) =>
  changeBinding(program, rng, () => ({ what: "missing", bindings: [] })),
);

function changeBinding(
  program: Program,
  rng: Rng,
  change: (binding: Binding) => { readonly what: string; readonly bindings: readonly Binding[] } | undefined,
): Fault | undefined {
  const code = pickOrNone(
    rng,
    partsOf(program, "codes").filter(({ item }) => item.bindings.length > 0),
  );
  if (!code) return undefined;
  const index = rng.below(code.item.bindings.length);
  const changed = change(code.item.bindings[index]!);
  if (!changed) return undefined;
  const bindings = splice(code.item.bindings, index, ...changed.bindings);
  const where = `${entityOf(program, "codes", code)} preload ${index}: ${changed.what}`;
  return { program: withPart(program, "codes", code, { ...code.item, bindings }), where };
}

// Weights

const weightBit = mutator("weight-bit", "one bit of a weight is flipped", (program, rng) => {
  const tensor = pickOrNone(rng, [...program.tensors.keys()]);
  if (tensor === undefined) return undefined;
  const { name, shape, type } = program.tensors[tensor]!;
  const element = rng.below(shape.reduce((product, extent) => product * extent, 1));
  const bit = rng.below(is16Bit(type) ? 16 : 32);
  return {
    program: withForeignDigest(program, tensor),
    where: `%${name}[${element}] bit ${bit}`,
    weight: { tensor, element, bit },
  };
});

/** The digest must not give the fault away: it is as if the tensor had been wrong before it was stored. */
function withForeignDigest(program: Program, tensor: number): Program {
  const old = program.tensors[tensor]!;
  const changed = { ...old, sha256: sha256(new TextEncoder().encode(`changed ${old.sha256}`)) };
  return { ...program, tensors: splice(program.tensors, tensor, changed) };
}

export const memoryMutators: readonly Mutator[] = [
  overlapBuffer,
  moveBuffer,
  shrinkBuffer,
  bufferType,
  bindingStart,
  bindingOffset,
  bindingTensor,
  bindingMissing,
  weightBit,
];
