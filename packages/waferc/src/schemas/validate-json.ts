// Checks a value against one of the published JSON Schemas. Knows the keywords that they use, and no others: an unknown keyword is
// an error, so that a schema cannot promise what nobody checks.
import compileSchema from "./compile.schema.json" with { type: "json" };
import diagnosticsSchema from "./diagnostics.schema.json" with { type: "json" };
import ledgerSchema from "./ledger.schema.json" with { type: "json" };
import manifestSchema from "./manifest.schema.json" with { type: "json" };
import outputSchema from "./output.schema.json" with { type: "json" };
import placementSchema from "./placement.schema.json" with { type: "json" };
import reportSchema from "./report.schema.json" with { type: "json" };

type Schema = Readonly<Record<string, unknown>>;

export const SCHEMAS = {
  compile: compileSchema as Schema,
  diagnostics: diagnosticsSchema as Schema,
  ledger: ledgerSchema as Schema,
  manifest: manifestSchema as Schema,
  output: outputSchema as Schema,
  placement: placementSchema as Schema,
  report: reportSchema as Schema,
} as const;

export type SchemaName = keyof typeof SCHEMAS;

const ANNOTATIONS = new Set(["$schema", "$id", "$defs", "title", "description"]);

/** What is wrong with the value, each with its path; empty if it fits. `part` names one of the schema's `$defs`. */
export function validateJson(value: unknown, schema: SchemaName, part?: string): string[] {
  const root = SCHEMAS[schema];
  const problems: string[] = [];
  const start = part === undefined ? root : resolveRef(`#/$defs/${part}`, root).schema;
  validate(value, start, { root, path: "$", problems });
  return problems;
}

interface Place {
  readonly root: Schema;
  readonly path: string;
  readonly problems: string[];
}

function validate(value: unknown, schema: Schema, place: Place): void {
  const fail = (what: string): void => void place.problems.push(`${place.path} ${what}`);
  for (const [keyword, argument] of Object.entries(schema)) {
    switch (keyword) {
      case "$ref": {
        const found = resolveRef(String(argument), place.root);
        validate(value, found.schema, { ...place, root: found.root });
        break;
      }
      case "type":
        if (![argument].flat().some((type) => isOfType(value, String(type))))
          fail(`must be ${[argument].flat().join(" or ")}`);
        break;
      case "enum":
        if (!(argument as unknown[]).includes(value)) fail(`must be one of ${(argument as unknown[]).join(", ")}`);
        break;
      case "const":
        if (value !== argument) fail(`must be ${String(argument)}`);
        break;
      case "pattern":
        if (typeof value === "string" && !new RegExp(String(argument)).test(value))
          fail(`must match ${String(argument)}`);
        break;
      case "minimum":
        if (typeof value === "number" && value < Number(argument)) fail(`must be at least ${String(argument)}`);
        break;
      case "anyOf":
        if (!(argument as Schema[]).some((choice) => fits(value, choice, place.root))) fail("fits none of its forms");
        break;
      case "items":
        if (Array.isArray(value)) {
          value.forEach((item, i) => validate(item, argument as Schema, { ...place, path: `${place.path}[${i}]` }));
        }
        break;
      case "required":
      case "properties":
      case "additionalProperties":
        break;
      default:
        if (!ANNOTATIONS.has(keyword)) throw new RangeError(`schema keyword "${keyword}" is not supported`);
    }
  }
  if (isRecord(value)) validateFields(value, schema, place);
}

function validateFields(value: Readonly<Record<string, unknown>>, schema: Schema, place: Place): void {
  const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
  for (const name of (schema["required"] ?? []) as string[]) {
    if (!Object.hasOwn(value, name)) place.problems.push(`${place.path} lacks "${name}"`);
  }
  const others = schema["additionalProperties"] as boolean | Schema | undefined;
  for (const [name, field] of Object.entries(value)) {
    const path = `${place.path}.${name}`;
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) validate(field, known, { ...place, path });
    else if (others === false) place.problems.push(`${path} is not expected`);
    else if (typeof others === "object") validate(field, others, { ...place, path });
  }
}

const fits = (value: unknown, schema: Schema, root: Schema): boolean => {
  const problems: string[] = [];
  validate(value, schema, { root, path: "$", problems });
  return problems.length === 0;
};

/** `#/$defs/x` in the same schema, or `name.schema.json#/$defs/x` in another. */
function resolveRef(ref: string, root: Schema): { schema: Schema; root: Schema } {
  const [file = "", pointer = ""] = ref.split("#");
  const name = file.replace(/\.schema\.json$/, "");
  const target = file === "" ? root : SCHEMAS[name as SchemaName];
  const part = pointer.replace(/^\/\$defs\//, "");
  const found = pointer === "" ? target : (target["$defs"] as Readonly<Record<string, Schema>> | undefined)?.[part];
  if (found === undefined) throw new RangeError(`schema reference "${ref}" leads nowhere`);
  return { schema: found, root: target };
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
