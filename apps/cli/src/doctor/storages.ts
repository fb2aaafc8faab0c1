import { answerOf, rows, type components, type MillraceClient } from '@millrace/client'
import { errorCode, errorMessage } from '@millrace/core'

import { fail, ok, warn, type Finding } from './finding.ts'

type Storage = components['schemas']['Storage']

/** Has the control plane try each storage. What nodes and workers reach may differ. */
export async function checkStorages(client: MillraceClient): Promise<Finding[]> {
  try {
    const storages = await Array.fromAsync(
      rows((cursor) => answerOf(client.GET('/v1/storages', { params: { query: { limit: 100, ...cursor } } }))),
    )
    if (storages.length > 0) return await Promise.all(storages.map((storage) => checkStorage(client, storage)))
    return [warn('storage', 'there is none, so nothing can be recorded', 'make one: POST /v1/storages')]
  } catch (error) {
    const text = `not looked at: ${errorMessage(error)} (${errorCode(error)})`
    return [warn('storage', text, 'use a token with storages:write')]
  }
}

async function checkStorage(client: MillraceClient, { id, name, location }: Storage): Promise<Finding> {
  const check = `storage ${name}`
  const { checks } = await answerOf(client.POST('/v1/storages/{id}:test', { params: { path: { id } } }))
  const failed = checks.filter((step) => !step.ok)
  const [first] = failed.filter((step) => step.name !== 'cors')
  if (first !== undefined) {
    return fail(check, `${first.name}: ${first.message} (${first.code})`, fixOf(first.code, id))
  }
  if (failed.length > 0) {
    return warn(check, 'players in browsers may not read it', 'give the bucket a CORS rule for GET and HEAD')
  }
  return ok(check, location.type === 's3' ? `bucket ${location.bucket} works` : `${location.directory} works`)
}

function fixOf(code: string | null, id: string): string {
  switch (code) {
    case 'STORAGE_DIRECTORY_NOT_ALLOWED':
      return 'name its directory in MILLRACE_STORAGE_DIRS'
    case 'STORAGE_ADDRESS_BLOCKED':
      return 'name its network in MILLRACE_STORAGE_ALLOW'
    case 'STORAGE_UNREACHABLE':
      return 'start it, or correct its endpoint'
    case 'STORAGE_FULL':
      return 'make room'
    default:
      return `correct its settings: PATCH /v1/storages/${id}`
  }
}
