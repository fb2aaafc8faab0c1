import { createAddressGuard } from '@millrace/address-guard'
import { type Keyring, open } from '@millrace/auth'
import type { StorageLocation, StorageSse, StorageTest } from '@millrace/contracts'

import { allowedPath } from './allowed-path.ts'
import { requireCors } from './browser-access.ts'
import { checkStore } from './check-store.ts'
import { createStorageAgents, type StorageAgents } from './agents.ts'
import { encryptionHeaders } from './encryption.ts'
import { storageError } from './errors.ts'
import { folderOf, fullKey } from './keys.ts'
import { LocalStore } from './local-store.ts'
import type { ObjectStore } from './object-store.ts'
import { createPresigner, encodePath, type PresignOptions } from './presign.ts'
import type { RetryOptions } from './retry.ts'
import { checkEndpoint, givenCredentials, machineCredentials, type S3Credentials } from './s3-client.ts'
import { s3Error } from './s3-errors.ts'
import { S3Store } from './s3-store.ts'

/** What of a row of `storages` opens it. */
export interface StorageRow {
  id: string
  location: StorageLocation
  sse: StorageSse | null
  /** Where everybody can read what is kept; its path stands before the prefix. */
  publicBaseUrl: string | null
  /** Sealed with the row's id. */
  secretSealed: string | null
}

/** What stores are opened with. */
export interface StoresOptions {
  keyring: Keyring
  /** Networks in CIDR notation that S3 endpoints may be in although they are not public: `MILLRACE_STORAGE_ALLOW`. */
  allow: readonly string[]
  /** Directories that local storages may be in, absolute: `MILLRACE_STORAGE_DIRS`. */
  directories: readonly string[]
  /** Of S3 requests, default five tries in a few seconds. */
  retry?: RetryOptions
}

const ONCE: RetryOptions = { attempts: 1, baseMs: 0, maxMs: 0 }

/** Opens storages, and keeps the connections to them. */
export class Stores {
  readonly #options: StoresOptions
  readonly #agents: StorageAgents
  readonly #machine = machineCredentials()

  /** Throws `NETWORK_INVALID` for what isn't a network. */
  constructor(options: StoresOptions) {
    this.#options = options
    this.#agents = createStorageAgents(createAddressGuard(options.allow))
  }

  /**
   * The objects of a storage. Costs little and needs no closing; nothing is asked of the storage yet.
   *
   * @throws ServiceError `AUTH_SEAL_BROKEN`
   */
  open(row: StorageRow): ObjectStore {
    return this.#open(row, this.#options.retry)
  }

  /**
   * A function that makes URLs of the objects of an S3 storage, 4 µs each. No request is made, unless for the credentials of the
   * machine.
   *
   * @throws ServiceError `STORAGE_CREDENTIALS_MISSING`, `AUTH_SEAL_BROKEN`; `STORAGE_REFUSED` for a local storage, which has no URLs
   */
  async presigner(row: StorageRow, options: PresignOptions): Promise<(key: string) => string> {
    const { location, sse } = row
    if (location.type === 'local') throw storageError('STORAGE_REFUSED', 'a local storage has no URLs of its own')
    const headers = options.method === 'PUT' ? encryptionHeaders(sse) : {}
    const credentials = givenCredentials(location, this.#secretOf(row)) ?? (await this.#machineCredentials())
    return createPresigner(location, credentials, { ...options, headers: { ...options.headers, ...headers } })
  }

  /**
   * Tries everything that is needed of a storage, with objects of its own.
   *
   * @throws ServiceError `AUTH_SEAL_BROKEN`
   */
  check(row: StorageRow): Promise<StorageTest> {
    // somebody waits for what is, not for what may become
    return checkStore(this.#open(row, ONCE), async (key) => {
      // what is local is read through the control plane, which lets all pages read
      if (row.location.type === 'local') return
      const urlOf = await this.presigner(row, { method: 'GET', now: new Date(), ttlS: 60 })
      await requireCors(urlOf(key), 'https://player.example', this.#agents)
    })
  }

  /**
   * Checks what of a location can be checked without asking it.
   *
   * @throws ServiceError `STORAGE_DIRECTORY_NOT_ALLOWED`, `STORAGE_ADDRESS_BLOCKED` for an endpoint that is a forbidden address
   */
  async requireAllowed(location: StorageLocation): Promise<void> {
    if (location.type === 'local') await allowedPath(location.directory, this.#options.directories)
    else checkEndpoint(location.endpoint, this.#agents)
  }

  #open(row: StorageRow, retry: RetryOptions | undefined): ObjectStore {
    const { location, sse } = row
    if (location.type === 'local') {
      const { directory, prefix } = location
      return new LocalStore({ directory, prefix, allowed: this.#options.directories })
    }
    const access = { agents: this.#agents, machine: this.#machine }
    return new S3Store({ location, sse, secretAccessKey: this.#secretOf(row), ...access, ...(retry && { retry }) })
  }

  #secretOf({ id, secretSealed }: StorageRow): string | null {
    return secretSealed === null ? null : open(this.#options.keyring, secretSealed, id)
  }

  async #machineCredentials(): Promise<S3Credentials> {
    try {
      return await this.#machine()
    } catch (error) {
      throw s3Error(error)
    }
  }

  /** Ends the connections. */
  close(): void {
    this.#agents.http.destroy()
    this.#agents.https.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

/** A function that makes the URLs at which everybody can read a storage's objects; undefined without `publicBaseUrl`. */
export function publicUrls({ publicBaseUrl, location }: StorageRow): ((key: string) => string) | undefined {
  if (publicBaseUrl === null) return undefined
  const base = publicBaseUrl.replace(/\/+$/, '')
  const folder = folderOf(location.prefix)
  return (key) => `${base}/${encodePath(fullKey(folder, key))}`
}
