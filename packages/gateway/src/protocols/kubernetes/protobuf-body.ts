/**
 * What has to be known of an object that kubectl sends as protobuf, as it does where it knows the kind: its name, which
 * stands at the same place in all of them. Kubernetes wraps it: four bytes, then a message that holds the object.
 */
import type { Json } from '@countersign/core';

export const protobufType = 'application/vnd.kubernetes.protobuf';

const magic = Buffer.from('k8s\0');
/** Fields of the wrapper. */
const [rawField, encodingField, typeField] = [2, 3, 4] as const;
/** Fields of every object, and of its metadata. */
const [metadataField, nameField] = [1, 1] as const;

/** The object's metadata with its name, in the form that JSON would have; null for what can't be read in one way only. */
export function readProtobufBody(body: Buffer): Json | null {
  if (!body.subarray(0, magic.length).equals(magic)) return null;
  const wrapper = fieldsOf(body.subarray(magic.length));
  // In another encoding, or of another type, it would be something else than it seems.
  if (wrapper === null || [encodingField, typeField].some((field) => (wrapper.get(field)?.length ?? 0) > 0))
    return null;
  const raw = wrapper.get(rawField);
  const object = raw === undefined ? null : fieldsOf(raw);
  if (object === null) return null;
  const metadata = object.get(metadataField);
  if (metadata === undefined) return {};
  const fields = fieldsOf(metadata);
  if (fields === null) return null;
  return { metadata: { name: fields.get(nameField)?.toString() ?? '' } };
}

/**
 * The contents of the fields of a message that have a length; others are left out. Null for what is none, and where the
 * first field is there twice: a reader would merge them.
 */
function fieldsOf(message: Buffer): ReadonlyMap<number, Buffer> | null {
  const fields = new Map<number, Buffer>();
  let at = 0;
  const number = (): number | null => {
    let value = 0;
    for (let shift = 0; shift < 10; shift++) {
      const byte = message[at++];
      if (byte === undefined) return null;
      value += (byte & 0x7f) * 2 ** (7 * shift);
      if (byte < 0x80) return value;
    }
    return null;
  };
  while (at < message.length) {
    const tag = number();
    if (tag === null || tag > 0xffff_ffff) return null;
    const [field, wire] = [Math.floor(tag / 8), tag % 8];
    if (wire === 0) {
      if (number() === null) return null;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      const length = number();
      if (length === null || at + length > message.length) return null;
      if (field === 1 && fields.has(1)) return null;
      fields.set(field, message.subarray(at, at + length));
      at += length;
    } else return null;
  }
  return at === message.length ? fields : null;
}
