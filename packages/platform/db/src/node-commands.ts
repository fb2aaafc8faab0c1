import type { NodeCommandOf } from '@millrace/contracts'
import { sql } from 'drizzle-orm'

import type { Tx } from './connect.ts'
import { newId } from './ids.ts'
import { nodeCommands } from './schema.ts'

/** Channel of `LISTEN` that says: there are new rows in `node_commands`. A hint only. */
export const NODE_COMMANDS_CHANNEL = 'millrace_node_commands'

/**
 * Channel of `LISTEN` that says: which streams are to be pulled or pushed where has changed (sources, push targets,
 * broadcasts that began or ended). A hint only.
 */
export const ROUTING_CHANNEL = 'millrace_routing'

/** Asks a node for something, in the caller's transaction. Returns the command's id. */
export async function appendNodeCommand(
  tx: Tx,
  nodeId: string,
  command: NodeCommandOf,
  options: { jobId?: string } = {},
): Promise<string> {
  const id = newId('nodeCommand')
  await tx
    .insert(nodeCommands)
    .values({ id, nodeId, type: command.type, payload: command, jobId: options.jobId ?? null })
  await tx.execute(sql`select pg_notify(${NODE_COMMANDS_CHANNEL}, '')`)
  return id
}

/** Tells, at commit, that routing has changed. */
export async function notifyRouting(tx: Tx): Promise<void> {
  await tx.execute(sql`select pg_notify(${ROUTING_CHANNEL}, '')`)
}
