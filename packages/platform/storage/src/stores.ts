import { createAddressGuard } from '@millrace/address-guard'
import { type Keyring, open } from '@millrace/auth'
import { type StorageLocation, storageLocationSchema } from '@millrace/contracts'

import { createStorageAgents, type StorageAgents } from './agents.ts'
import { LocalStore } from './local-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { RetryOptions } from './retry.ts'
import { S3Store } from './s3-store.ts'

/** What of a row of `storages` opens it. */
export interface StorageRow {
  id: string
  location: StorageLocation
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

/** Opens storages, and keeps the connections to them. */
export class Stores {
  readonly #options: StoresOptions
  readonly #agents: StorageAgents

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
    // rows of before have no values for fields that came since
    const location = storageLocationSchema.parse(row.location)
    if (location.type === 'local') {
      const { directory, prefix } = location
      return new LocalStore({ directory, prefix, allowed: this.#options.directories })
    }
    const { keyring, retry } = this.#options
    return new S3Store({
      location,
      secretAccessKey: row.secretSealed === null ? null : open(keyring, row.secretSealed, row.id),
      agents: this.#agents,
      ...(retry && { retry }),
    })
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
