import { z } from 'zod';

export type JsonSchema = { [key: string]: unknown };
type Target = 'draft-2020-12' | 'draft-7';

/** The schemas of a document. Those with a name of their own go to its components, and other places refer to them. */
export interface SchemaBook {
  /** The JSON Schema for the document. */
  of(schema: z.ZodType): JsonSchema;
  components: Record<string, JsonSchema>;
}

/** Writes zod's schemas as JSON Schema, from the sender's point of view: fields with a default are optional. */
export function schemaBook(named: Record<string, z.ZodType>, target: Target): SchemaBook {
  const settings = { io: 'input', target, unrepresentable: 'any', uri: (name: string) => `#/components/schemas/${name}` } as const;
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(named)) registry.add(schema, { id: name });
  const names = new Map(Object.entries(named).map(([name, schema]) => [schema, name]));
  const { schemas } = z.toJSONSchema(registry, settings);
  return {
    of(schema) {
      const name = names.get(schema);
      if (name !== undefined) return { $ref: settings.uri(name) };
      // A registry of all named schemas and this one, so that references lead to the components.
      registry.add(schema, { id: '_' });
      const written = z.toJSONSchema(registry, settings).schemas['_'] ?? {};
      registry.remove(schema);
      return bare(written);
    },
    components: Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)])),
  };
}

/** A schema inside a document has no `$id` and no `$schema`. The bounds of safe integers are left out. */
function bare(schema: object): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === '$schema' || key === '$id' || value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER ? undefined : value,
  );
  return JSON.parse(text) as JsonSchema;
}
