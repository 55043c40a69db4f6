/**
 * What a reader reads, as JSON Schema: editors check and complete with it, and the reference of the policy file is made
 * of it. A title is what was expected, in the words of the errors; a description says what a key is for.
 */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  /** As the file would write it. */
  readonly default?: string | number | boolean;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  readonly const?: string | number | boolean;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}
