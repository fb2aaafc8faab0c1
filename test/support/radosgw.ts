import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { errorCode } from '@millrace/core'

import { SupportError } from './errors.ts'
import { eventually } from './eventually.ts'

/** Who may do everything there. */
export const RADOSGW_KEYS = { accessKeyId: 'test', secretAccessKey: 'testsecret' } as const

/** Why there is no S3 server for tests on this machine; undefined where there is one. For `skip` of tests. */
export const radosgwMissing: string | undefined =
  process.platform === 'linux' ? undefined : 'Ceph, the S3 server of the tests, runs on Linux only'

/** A new bucket, as a storage's location says where it is. */
export interface TestBucket {
  location: {
    type: 's3'
    endpoint: string
    region: string
    bucket: string
    prefix: string
    path_style: true
    access_key_id: string
  }
  secretAccessKey: string
}

/**
 * The endpoint of a real S3 server: Ceph's gateway over a store in memory. All test files of one run share it; the first that
 * asks starts it, in about 15 s, and it ends with the run.
 */
export async function startRadosgw(): Promise<string> {
  // under a test runner each file is a process of its own
  const owner = process.env['NODE_TEST_CONTEXT'] === undefined ? process.pid : process.ppid
  const directory = path.join(tmpdir(), `millrace-s3-${owner}-${await startTimeOf(owner)}`)
  if (await isMade(directory)) {
    const log = openSync(path.join(directory, 'server.out'), 'a')
    const server = path.join(import.meta.dirname, 'radosgw-server.ts')
    spawn(process.execPath, [server, directory, String(owner)], { stdio: ['ignore', log, log], detached: true }).unref()
    closeSync(log)
  }
  const { port, failed } = await eventually(
    'the S3 server',
    async () => {
      const [ready, problem] = await Promise.all(['ready', 'failed'].map((name) => text(path.join(directory, name))))
      return ready === undefined && problem === undefined ? undefined : { port: ready, failed: problem }
    },
    240_000,
  )
  if (port === undefined) throw new SupportError('SUPPORT_RADOSGW', failed ?? 'it has no port')
  return `http://127.0.0.1:${port}`
}

const REGION = 'us-east-1'

async function withClient<T>(use: (client: S3Client) => Promise<T>): Promise<T> {
  const endpoint = await startRadosgw()
  const client = new S3Client({ endpoint, region: REGION, credentials: RADOSGW_KEYS, forcePathStyle: true })
  try {
    return await use(client)
  } finally {
    client.destroy()
  }
}

/** Makes a bucket of its own on the shared server, behind another address of it if one is given. */
export async function newBucket(through?: string): Promise<TestBucket> {
  const endpoint = await startRadosgw()
  const bucket = `test-${randomBytes(8).toString('hex')}`
  await withClient((client) => client.send(new CreateBucketCommand({ Bucket: bucket })))
  return {
    location: {
      type: 's3',
      endpoint: through ?? endpoint,
      region: REGION,
      bucket,
      prefix: '',
      path_style: true,
      access_key_id: RADOSGW_KEYS.accessKeyId,
    },
    secretAccessKey: RADOSGW_KEYS.secretAccessKey,
  }
}

/** Lets everybody read what is in the bucket, as one behind a CDN. Returns the URL that its keys follow. */
export async function makePublic({ location: { bucket } }: TestBucket): Promise<string> {
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` }],
  })
  await withClient((client) => client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy })))
  return `${await startRadosgw()}/${bucket}`
}

/** Lets pages of any origin read what is in the bucket, as a player of presigned URLs needs it. */
export function allowBrowsers({ location: { bucket } }: TestBucket): Promise<unknown> {
  const CORSRules = [{ AllowedOrigins: ['*'], AllowedMethods: ['GET', 'HEAD'], AllowedHeaders: ['*'] }]
  return withClient((client) =>
    client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } })),
  )
}

/** The keys of all objects, in order, and of all uploads that were begun and not ended; at most a thousand of each. */
export function bucketContents({ location: { bucket } }: TestBucket): Promise<{ keys: string[]; uploads: string[] }> {
  return withClient(async (client) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    return { keys: Contents.map(({ Key = '' }) => Key), uploads: Uploads.map(({ Key = '' }) => Key) }
  })
}

async function isMade(directory: string): Promise<boolean> {
  try {
    await mkdir(directory)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

const text = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined)

/** Tells a process from an earlier one with the same number. @see proc(5), `/proc/<pid>/stat` field 22 */
async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
