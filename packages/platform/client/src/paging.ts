/** One page of a list. */
export interface Page<T> {
  data: T[]
  next: string | null
}

/**
 * All rows of a list, page by page as they are asked for:
 * `rows((cursor) => answerOf(client.GET('/v1/streams', { params: { query: { limit: 100, ...cursor } } })))`.
 *
 * @param cursor.after of the first page
 */
export async function* rows<T>(
  page: (cursor: { after?: string }) => Promise<Page<T>>,
  cursor: { after?: string } = {},
): AsyncGenerator<T, void, undefined> {
  for (let at = cursor; ;) {
    const { data, next } = await page(at)
    yield* data
    if (next === null) return
    at = { after: next }
  }
}
