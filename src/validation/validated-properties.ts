import { getMetadataStorage } from 'class-validator';

const known = new WeakMap<object, string[]>();

/** The properties of a class that carry validation: all that may be set from outside. */
export function validatedProperties(type: new () => object): string[] {
  let names = known.get(type);
  if (names === undefined) {
    const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    names = [...new Set(metadata.map(({ propertyName }) => propertyName))];
    known.set(type, names);
  }
  return names;
}
