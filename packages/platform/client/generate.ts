import openapiTs, { astToString, type OpenAPI3 } from 'openapi-typescript'

const HEAD = '// Written by `npm run client:generate` from the OpenAPI document. Do not edit.\n\n'

type Operation = Record<string, unknown> & { responses: Record<string, unknown> }

/** The TypeScript source of the types of an OpenAPI document, without what nodes call. */
export async function generateTypes(document: Record<string, unknown>): Promise<string> {
  const paths = Object.entries(document['paths'] as Record<string, Record<string, Operation>>)
    .filter(([path]) => !path.startsWith('/node/'))
    .map(([path, operations]) => [path, mapValues(operations, successful)])
  const ast = await openapiTs({ ...document, paths: Object.fromEntries(paths) } as unknown as OpenAPI3, {
    // a field with a default may be left out of a request
    defaultNonNullable: false,
  })
  return HEAD + astToString(ast)
}

/** Failures are thrown, all as one type. */
function successful(operation: Operation): Operation {
  const responses = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  return { ...operation, responses: Object.fromEntries(responses) }
}

function mapValues<T, R>(record: Record<string, T>, map: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}
