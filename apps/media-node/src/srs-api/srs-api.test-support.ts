import assert from 'node:assert/strict'

import { Scope } from '@millrace/core'

import { startConfNode, type ConfNode } from '../../../../test/support/conf-node.ts'

/** A value of a JSON document. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** A node by a file, and its API. */
export interface ApiNode extends ConfNode {
  /** Asks the API at `path`. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  /** The body of an answer of status 200. */
  readonly get: (path: string, init?: RequestInit) => Promise<Json>
}

/**
 * Starts a node with the API and media on free ports.
 *
 * @param api more directives in `http_api`
 * @param more vhosts and what else there is to be
 * @param media more directives in `http_server`
 */
export async function startApiNode(scope: Scope, api: string, more: string, media = ''): Promise<ApiNode> {
  const node = await startConfNode(scope, apiConf(api, more, media))
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${node.ports.api}${path}`, { redirect: 'manual', ...init })
  return { ...node, ask, get }

  async function get(path: string, init?: RequestInit): Promise<Json> {
    const answer = await ask(path, init)
    assert.equal(answer.status, 200, path)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- that is what it is
    return (await answer.json()) as Json
  }
}

/** The file of such a node. */
export function apiConf(api: string, more: string, media = ''): string {
  return `
    listen 127.0.0.1:0;
    srs_log_tank console;
    server_id vid-test001;
    http_server { enabled on; listen 127.0.0.1:0; ${media} }
    http_api { enabled on; listen 127.0.0.1:0; ${api} }
    ${more}`
}

/** The names of an object and of the objects in it, in their order; `[]` after those of lists. */
export function namesOf(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.length > 0 ? namesOf(value[0]) : ''}]`
  if (typeof value !== 'object' || value === null) return ''
  const members = Object.entries(value).map(([name, inner]) => {
    const names = namesOf(inner)
    return names === '' ? name : name + (names.startsWith('[') ? names : `{${names}}`)
  })
  return members.join(',')
}

/** What is at a path of names, such as `streams.0.id`. */
export function at(value: Json | undefined, path: string): Json | undefined {
  let found = value
  for (const name of path.split('.')) {
    if (Array.isArray(found)) found = found[Number(name)]
    else if (typeof found === 'object' && found !== null) found = found[name]
    else return undefined
  }
  return found
}

/** The same as text; empty for what is none of string, number and boolean. */
export function textAt(value: Json | undefined, path: string): string {
  const found = at(value, path)
  return typeof found === 'object' || found === undefined ? '' : String(found)
}
