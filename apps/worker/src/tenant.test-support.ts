import { deriveKeyring, newRootSecret, seal } from '@millrace/auth'
import type { Scope } from '@millrace/core'
import { appendEvent, connect, newId, openDb, projects, transaction, webhookEndpoints, type Db } from '@millrace/db'

/** A database with a project, and what tests do in the control plane's place. */
export class Tenant {
  readonly db: Db
  readonly rootSecret = newRootSecret()
  readonly projectId = newId('project')
  readonly databaseUrl: string

  private constructor(databaseUrl: string, db: Db) {
    this.databaseUrl = databaseUrl
    this.db = db
  }

  static async create(scope: Scope, databaseUrl: string): Promise<Tenant> {
    const sql = connect(databaseUrl, { maxConnections: 3 })
    scope.defer(() => sql.end({ timeout: 1 }))
    const tenant = new Tenant(databaseUrl, openDb(sql))
    await tenant.db.insert(projects).values({ id: tenant.projectId, name: tenant.projectId })
    return tenant
  }

  /** Registers an endpoint and returns its id. */
  async endpoint(
    { url, secret }: { url: string; secret: string },
    settings: Partial<typeof webhookEndpoints.$inferInsert> = {},
  ): Promise<string> {
    const id = newId('webhookEndpoint')
    const secretSealed = seal(deriveKeyring(this.rootSecret), secret, id)
    await this.db.insert(webhookEndpoints).values({ id, projectId: this.projectId, url, secretSealed, ...settings })
    return id
  }

  /** Appends `count` events about one subject, each in a transaction of its own; returns their ids. */
  async emit(subject: string, count = 1): Promise<string[]> {
    const ids: string[] = []
    for (let i = 0; i < count; i++) {
      const { id } = await transaction(this.db, (tx) =>
        appendEvent(tx, {
          projectId: this.projectId,
          type: 'test.ping',
          subject: { type: 'stream', id: subject },
          data: { message: `${i}` },
        }),
      )
      ids.push(id)
    }
    return ids
  }
}
