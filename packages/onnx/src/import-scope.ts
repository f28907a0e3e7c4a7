// What the importer knows while it builds one graph of the file: the names in it, and if it is the body of a function, what the call
// gave to it. A frame stands for one use of a graph: each call of a function has its own.
import type { Block, ValueId, ValueType } from "@waferc/ir/graph";
import type { Opsets } from "./opset.ts";
import type { AttributeProto } from "./proto.ts";

/** Names of one graph and of those around it. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #values = new Map<string, ValueId | undefined>();
  /** Declared types of values inside this graph. */
  readonly types = new Map<string, ValueType>();
  /** Display names of values that leave the graph under another name: the results of a call. */
  readonly aliases = new Map<string, string>();

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  /** "unknown" if nothing defines the name; undefined if it is an operand that the call of the function left out. */
  find(name: string): ValueId | undefined | "unknown" {
    if (this.#values.has(name)) return this.#values.get(name);
    return this.#parent === undefined ? "unknown" : this.#parent.find(name);
  }

  define(name: string, id: ValueId | undefined): void {
    this.#values.set(name, id);
  }
}

/** An attribute of a call or a default of a function, with the frame in which its names have their meaning. */
export interface BoundAttribute {
  readonly proto: AttributeProto;
  readonly frame: Frame;
}

export interface Frame {
  readonly scope: Scope;
  readonly opsets: Opsets;
  /** Attributes of the call, by name; undefined outside of functions. */
  readonly bindings: ReadonlyMap<string, BoundAttribute> | undefined;
  /** The calls around, each node's name with a slash behind it. */
  readonly path: string;
  readonly block: Block | undefined;
}

/** The attribute that stands where a function's node refers to one of the call; undefined if the call leaves it out. */
export function resolveAttribute(proto: AttributeProto, frame: Frame): BoundAttribute | undefined {
  let found: BoundAttribute = { proto, frame };
  while (found.proto.refAttrName) {
    const next = found.frame.bindings?.get(found.proto.refAttrName);
    if (next === undefined) return undefined;
    found = next;
  }
  return found;
}
