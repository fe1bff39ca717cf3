/** Rows in the shape in which a stream of batches is read; no batch when there are none. */
export async function* inOneBatch<T>(rows: readonly T[]): AsyncGenerator<readonly T[]> {
  if (rows.length > 0) yield rows;
}
