import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations, SchemaMigrationRequiredError } from 'bullmq'
import pg from 'pg'

/** Postgres schema or Redis key prefix that holds the queues: BullMQ's default, as it takes no other for a shared pool. */
export const NAMESPACE = 'bullmq'

/** A login of Postgres that can use the queues, and nothing else of the database. */
export interface QueueRole {
  /** A plain identifier. */
  name: string
  password: string
}

/**
 * Makes a role that owns the schema of the queues on Postgres, and makes that or brings it up to date; the role's password is
 * set anew. For the owner of the database. Returns the URL for the role, by which everybody is to use the queues: what the
 * role may put into its schema must not run as somebody who may do more.
 */
export async function prepareQueues(url: string, role: QueueRole): Promise<string> {
  const own = new URL(url)
  own.username = role.name
  own.password = role.password
  const name = pg.escapeIdentifier(role.name)
  const owner = await connect(url)
  try {
    await owner.query('select pg_advisory_lock($1)', [LOCK])
    await makeRole(owner, role)
    await owner.query(`create schema if not exists ${NAMESPACE} authorization ${name}`)
    await owner.query(GIVE_AWAY, [])
    await owner.query(`select pg_temp.give_away($1, $2)`, [NAMESPACE, role.name])
    const database = pg.escapeIdentifier(decodeURIComponent(own.pathname.slice(1)))
    // BullMQ asks for the schema to be made even where it is
    await owner.query(`grant create on database ${database} to ${name}`)
    try {
      await asRole(own.href, migrateQueues)
    } finally {
      await owner.query(`revoke create on database ${database} from ${name}`)
    }
  } finally {
    await owner.end()
  }
  return own.href
}

/** Any constant of ours: programs that prepare at once wait for each other. */
const LOCK = 0x4d4c514c

async function makeRole(client: pg.Client, { name, password }: QueueRole): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name])
  const role = pg.escapeIdentifier(name)
  if (rowCount === 0) await client.query(`create role ${role}`)
  await client.query(
    `alter role ${role} login nosuperuser nocreatedb nocreaterole noreplication password ${pg.escapeLiteral(password)}`,
  )
}

/** Gives a schema and what is in it to a role: it may have been made by the owner of the database. */
const GIVE_AWAY = `
create function pg_temp.give_away(namespace text, owner text) returns void language plpgsql as $$
declare command text;
begin
  for command in
    select format('alter schema %I owner to %I', namespace, owner)
    union all
    select format('alter %s %s owner to %I', case relkind when 'S' then 'sequence' when 'v' then 'view' else 'table' end,
      pg_class.oid::regclass, owner)
    from pg_class where relnamespace = namespace::regnamespace and relkind in ('r', 'p', 'S', 'v')
      and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid
        and deptype in ('a', 'i') and refclassid = 'pg_class'::regclass)
    union all
    select format('alter routine %s owner to %I', oid::regprocedure, owner)
    from pg_proc where pronamespace = namespace::regnamespace
    union all
    select format('alter type %s owner to %I', oid::regtype, owner)
    from pg_type where typnamespace = namespace::regnamespace and (typtype in ('e', 'd')
      or typtype = 'c' and exists (select from pg_class where pg_class.oid = typrelid and relkind = 'c'))
  loop
    execute command;
  end loop;
end $$`

async function asRole(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connect(url)
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

/** Makes or updates the schema, if that is needed: whose role may only use it can't. */
export async function migrateQueues(client: pg.Client): Promise<void> {
  if ((await schemaVersion(client)) >= LATEST_SCHEMA_VERSION) return
  await runMigrations(client as unknown as Parameters<typeof runMigrations>[0], NAMESPACE)
}

async function schemaVersion(client: pg.Client): Promise<number> {
  try {
    return await assertSchemaCompatibility(
      client as unknown as Parameters<typeof assertSchemaCompatibility>[0],
      NAMESPACE,
    )
  } catch (error) {
    if (error instanceof SchemaMigrationRequiredError) return 0
    throw error
  }
}

/** One connection. */
export async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 5000 })
  await client.connect()
  return client
}
