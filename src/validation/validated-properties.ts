import { getMetadataStorage } from 'class-validator';

/** The properties of a class that carry validation: all that may be set from outside. */
export function validatedProperties(type: new () => object): string[] {
  const metadata = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  return [...new Set(metadata.map(({ propertyName }) => propertyName))];
}
