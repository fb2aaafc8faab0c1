import { isIP } from 'node:net'

import type { S3Client } from '@aws-sdk/client-s3'

import type { StorageAgents } from './agents.ts'
import { storageError } from './errors.ts'
import type { S3Location } from './locations.ts'

const CONNECT_TIMEOUT_MS = 5000
/** Without a byte in either direction. */
const IDLE_TIMEOUT_MS = 30_000

/** The AWS SDK: 80 ms and 40 MB, which who has no use for S3 is spared. */
export type Sdk = typeof import('@aws-sdk/client-s3')

/** Loads the SDK at its first use. */
export const loadSdk = (): Promise<Sdk> => import('@aws-sdk/client-s3')

/** Who asks. */
export interface S3Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** Says who asks now: credentials that are lent change within the hour. */
export type CredentialSource = () => Promise<S3Credentials>

/**
 * The credentials of the machine: of its environment, its configuration files, or the cloud it runs in. Asks for them once, and
 * again before they expire.
 */
export function machineCredentials(): CredentialSource {
  let source: Promise<CredentialSource> | undefined
  const open = async (): Promise<CredentialSource> => {
    const sdk = await loadSdk()
    // a client of any region has the SDK's own chain of places to look in
    const { credentials } = new sdk.S3Client({ region: 'us-east-1' }).config
    return async () => {
      const { accessKeyId, secretAccessKey, sessionToken } = await credentials()
      return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) }
    }
  }
  return async () => (await (source ??= open()))()
}

/**
 * The given credentials; undefined for those of the machine.
 *
 * @throws ServiceError `STORAGE_CREDENTIALS_MISSING` for one half of them
 */
export function givenCredentials(
  { access_key_id: accessKeyId }: S3Location,
  secretAccessKey: string | null,
): S3Credentials | undefined {
  if (accessKeyId === null && secretAccessKey === null) return undefined
  if (accessKeyId !== null && secretAccessKey !== null) return { accessKeyId, secretAccessKey }
  throw storageError(
    'STORAGE_CREDENTIALS_MISSING',
    accessKeyId === null ? 'there is a secret access key without access_key_id' : 'the secret access key is not set',
  )
}

/** @throws ServiceError `STORAGE_ADDRESS_BLOCKED` for an endpoint that is a forbidden address */
export function checkEndpoint(endpoint: string | null, { guard }: StorageAgents): void {
  if (endpoint === null) return
  const host = new URL(endpoint).hostname.replaceAll(/[[\]]/g, '')
  if (isIP(host) === 0 || guard.permits(host)) return
  throw storageError('STORAGE_ADDRESS_BLOCKED', `${host} is not public and not allowed (MILLRACE_STORAGE_ALLOW)`)
}

const silent = (): void => {}
/** What it has to say is in its errors; without a logger some of it goes to the console. */
const QUIET = { debug: silent, info: silent, warn: silent, error: silent }

/** A client of the bucket's server. It opens no connection by itself, and those it uses are the agents'. */
export function createClient(
  sdk: Sdk,
  { endpoint, region, path_style: pathStyle }: S3Location,
  credentials: S3Credentials | CredentialSource,
  agents: StorageAgents,
): S3Client {
  return new sdk.S3Client({
    region,
    forcePathStyle: pathStyle,
    ...(endpoint !== null && { endpoint }),
    credentials,
    // retried one level up, where a body can be made again
    maxAttempts: 1,
    logger: QUIET,
    // else streams are sent in AWS's own chunked encoding, which other servers refuse, or store as it is
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      httpAgent: agents.http,
      httpsAgent: agents.https,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: IDLE_TIMEOUT_MS,
    },
  })
}
