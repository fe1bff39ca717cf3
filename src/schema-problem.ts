import type { ErrorObject } from 'ajv';
import { distance } from 'fastest-levenshtein';

/** What a JSON Schema has against a document, each once, in words; where a value stands is told by `placeOf`. */
export function problemsOf(
  errors: readonly ErrorObject[],
  placeOf: (error: ErrorObject) => string = dottedPlace,
): readonly string[] {
  const problems = withoutAlternatives(errors).map((error) => problemOf(error, placeOf(error)));
  return [...new Set(problems)];
}

/** The known word that is most like the given one. */
export function nearestOf(given: string, known: readonly string[]): string | undefined {
  return known.toSorted((left, right) => distance(given, left) - distance(given, right))[0];
}

/** Of a value that is none of a list and nothing else either, the list is told alone; what a condition led to tells itself. */
export function withoutAlternatives(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const told = errors.filter(({ keyword }) => keyword !== 'if');
  const listed = told.filter(({ keyword }) => keyword === 'enum');
  const places = new Set(listed.map(({ instancePath }) => instancePath));
  return told.filter(
    ({ keyword, instancePath }) => keyword === 'enum' || !places.has(instancePath),
  );
}

/** One objection in words; the validator must be verbose. */
export function problemOf(error: ErrorObject, place: string): string {
  if (error.keyword === 'enum') {
    const allowed = (error.params.allowedValues as readonly unknown[]).map(String);
    const given = String(error.data);
    return `${place} must be one of ${allowed.join(', ')}; did you mean "${nearestOf(given, allowed)}"?`;
  }
  if (error.keyword !== 'additionalProperties') return `${place} ${error.message ?? 'is wrong'}`;
  const unknown = String(error.params.additionalProperty);
  const known = Object.keys(
    (error.parentSchema as { properties?: object } | undefined)?.properties ?? {},
  );
  const nearest = nearestOf(unknown, known);
  return `unknown key "${unknown}" in ${place}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`;
}

function dottedPlace({ instancePath }: ErrorObject): string {
  return instancePath === '' ? 'the top level' : instancePath.slice(1).replaceAll('/', '.');
}
